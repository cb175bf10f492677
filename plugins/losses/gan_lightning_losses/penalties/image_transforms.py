"""The transforms that consistency regularisation is taken over: a flip and a shift, which leave an image what it is."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness


def flip_and_shift(images: Tensor, random: Randomness, reach: float) -> Tensor:
    """Flip half of the images left to right, and shift each by whole pixels with its edges mirrored.

    Args:
        images: ``[N, C, H, W]``.
        random: Where the transforms are drawn from.
        reach: Largest shift, as a share of each side.

    Returns:
        ``[N, C, H, W]``; gradients flow through.

    Raises:
        UserError: The samples are no images.
    """
    if images.dim() != 4:
        raise UserError("penalties: consistency is taken over flips and shifts of images; the data are points")
    height, width = images.shape[2:]
    rows = _shifted(random.uniform("rows", len(images)), height, reach)
    columns = _shifted(random.uniform("columns", len(images)), width, reach)
    flipped = random.uniform("flip", len(images)) < 0.5
    columns = torch.where(flipped[:, None], columns.flip(1), columns)
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _shifted(share: Tensor, size: int, reach: float) -> Tensor:
    """Return for each image the source line of each line ``[N, size]``; the edge line itself is not repeated."""
    most = min(int(size * reach + 0.5), size - 1)
    shift = (share * (2 * most + 1)).long() - most
    lines = (torch.arange(size, device=share.device) + shift[:, None]).abs()
    last = size - 1
    return last - (last - lines).abs()
