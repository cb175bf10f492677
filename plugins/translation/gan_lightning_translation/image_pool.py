"""Generated images that a discriminator is shown again later (Shrivastava et al. 2016, arXiv:1612.07828, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gan_lightning.randomness import Randomness


@dataclass(frozen=True)
class Exchange:
    """What a discriminator is shown of a batch, and the pool after it.

    Args:
        shown: This process's images ``[N, *shape]``.
        images: The pool's ``[size, *shape]``.
        count: How many there are, int64 scalar.
    """

    shown: Tensor
    images: Tensor
    count: Tensor


class ImagePool(nn.Module):
    """The last generated images, more or less: half of the time one of them is shown in place of a new one.

    While it fills, new images are kept and shown. From then on each new image is, with probability 1/2, shown and not
    kept; otherwise it takes the place of one that was kept, which is shown instead. Images follow each other in the
    order of the whole batch, so the pool is the same on one process and on many, each of which holds all of it. It is
    in checkpoints.

    Args:
        size: Images that are kept; 0 for new ones only.
        shape: Shape of an image.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def exchange(self, made: Tensor, random: Randomness, purpose: str) -> Exchange:
        """Return what is shown of new images ``[N, *shape]``, and the pool after that, and change nothing.

        Args:
            made: This process's share of the batch.
            random: The turn's stream.
            purpose: Name of what is drawn.
        """
        size, own = len(self.images), len(made)
        if not size:
            return Exchange(made.detach(), self.images, self.count)
        shown, images, count = gathered(made), self.images.clone(), int(self.count)
        numbers = torch.rand(len(shown), 2, generator=random.generator(purpose)).tolist()
        for row, (kept, place) in enumerate(numbers):
            if count < size:
                images[count] = shown[row]
                count += 1
            elif kept > 0.5:
                chosen, new = int(place * size), shown[row].clone()
                shown[row] = images[chosen]
                images[chosen] = new
        start = random.rank * own
        return Exchange(shown[start : start + own], images, torch.full_like(self.count, count))

    def keep(self, exchange: Exchange) -> None:
        """Become the pool after an exchange."""
        self.images.copy_(exchange.images)
        self.count.copy_(exchange.count)


def gathered(rows: Tensor) -> Tensor:
    """Return a copy of the rows of all processes ``[W * N, ...]`` without a graph, those of rank 0 first."""
    rows = rows.detach()
    if not (dist.is_available() and dist.is_initialized()):
        return rows.clone()
    whole = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
    dist.all_gather(whole, rows.contiguous())
    return torch.cat(whole)
