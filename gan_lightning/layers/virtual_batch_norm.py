"""Virtual batch normalisation: statistics of a reference batch that travels through the network with every batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.layers.checks import at_least


class VirtualBatchNorm(nn.Module):
    """Normalises each sample by the statistics of a reference batch and of itself, and of no other sample.

    The first R rows of the input are the reference batch, put there by `ReferenceBatch` around the whole network. They
    are normalised by their own mean m and mean square q of each channel; every other sample by (R m + m_i) / (R + 1)
    and (R q + q_i) / (R + 1), with m_i and q_i its own. Then follow a scale and a shift of each channel, as in batch
    normalisation (Salimans et al. 2016, arXiv:1606.03498, section 3.4). Training and evaluation are the same.

    Args:
        channels: Channels C of the input.
        eps: Least variance.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.references = 0
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Normalise ``[R + N, C, *rest]``; labels are not looked at.

        Raises:
            UserError: The network stands in no `ReferenceBatch`.
        """
        del labels
        if not self.references:
            raise UserError("VirtualBatchNorm: it has no reference batch; put a ReferenceBatch around the network")
        values = x.flatten(2) if x.dim() > 2 else x[:, :, None]
        values = values.to(torch.promote_types(x.dtype, torch.float32))
        mean, square = (self._mixed(rows.mean(dim=2)) for rows in (values, values.square()))
        scale = (square - mean.square()).clamp(min=0.0).add(self.eps).rsqrt() * self.weight
        normalised = (values - mean[:, :, None]) * scale[:, :, None] + self.bias[:, None]
        return normalised.view_as(x).to(x.dtype)

    def _mixed(self, moments: Tensor) -> Tensor:
        """Return for each sample's moments ``[R + N, C]`` those it is normalised by."""
        of_reference = moments[: self.references].mean(dim=0, keepdim=True)
        own = moments[self.references :]
        mixed = (self.references * of_reference + own) / (self.references + 1)
        return torch.cat([of_reference.expand(self.references, -1), mixed])


class ReferenceBatch(nn.Module):
    """Sends a fixed reference batch through a network in front of every batch, and returns the others' outputs only.

    A generator's reference are latents, drawn here from the normal distribution. A discriminator's are the first
    samples that it judges in training, real or generated, taken from the first process: choose ``captures``. The
    reference is kept in checkpoints.

    Args:
        network: The network, with `VirtualBatchNorm` in it: one tensor ``[N, *shape]`` to one tensor ``[N, ...]``.
        shape: Shape of one of its inputs.
        count: Rows R of the reference batch.
        captures: Whether the first batch that is seen in training becomes the reference, repeated to R rows.

    Raises:
        UserError: The reference would have no rows.
    """

    reference: Tensor
    captured: Tensor

    def __init__(self, network: nn.Module, shape: tuple[int, ...], count: int = 64, *, captures: bool = False) -> None:
        super().__init__()
        at_least(1, count=count)
        self.network = network
        self.captures = captures
        self.register_buffer("reference", torch.randn(count, *shape))
        self.register_buffer("captured", torch.zeros((), dtype=torch.bool))
        for layer in self._layers():
            layer.references = count

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, *shape]`` to the network's output ``[N, ...]``."""
        if self.captures and self.training and not self.captured:
            self._capture(x)
        made: Tensor = self.network(torch.cat([self.reference.to(x.dtype), x]))
        return made[len(self.reference) :]

    @torch.no_grad()
    def _capture(self, x: Tensor) -> None:
        rows = torch.arange(len(self.reference), device=x.device) % len(x)
        self.reference.copy_(x[rows])
        if dist.is_available() and dist.is_initialized():
            dist.broadcast(self.reference, src=0)
        self.captured.fill_(True)  # noqa: FBT003  (torch's own signature)

    def _layers(self) -> Iterator[VirtualBatchNorm]:
        return (layer for layer in self.modules() if isinstance(layer, VirtualBatchNorm))
