"""Styles of every layer: one for all of a sample's layers, two that are mixed, or one nearer to what is typical."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning_style.mapping import Mapping


class Styles(nn.Module):
    """A mapping whose result goes to all layers, and the running mean of it.

    In training, a share of the samples have two styles, the second from latents of their own: layers up to a random one
    take the first, those beyond the second, so that layers cannot rely on each other's styles (Karras et al. 2019,
    arXiv:1812.04948, section 3.1). The mean is followed in training as well, and shared by all processes.

    Args:
        mapping: From latents and labels to a style.
        width: Length of a style.
        layers: Number of layers L.
        mixing: Share of the samples that have two styles, from 0 to 1.
        centres: Number of classes that have a mean each, 0 for one mean of all.
        decay: Share of the mean that a batch keeps.

    Raises:
        UserError: The share is none.

    Attributes:
        mean: ``[width]``, or ``[classes, width]``.
        used: How many of the layers, from the first on, two styles are divided among.
    """

    mean: Tensor

    def __init__(
        self, mapping: Mapping, width: int, layers: int, *, mixing: float, centres: int = 0, decay: float = 0.995
    ) -> None:
        super().__init__()
        if not 0.0 <= mixing <= 1.0:
            raise UserError(f"mixing: expected a share from 0 to 1, got {mixing:g}")
        self.mapping = mapping
        self.mixing = mixing
        self.decay = decay
        self.layers = self.used = layers
        self.register_buffer("mean", torch.zeros((centres, width) if centres else (width,)))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to styles ``[N, L, width]``."""
        styles: Tensor = self.mapping(latents, labels)
        if self.training:
            self._follow(styles.detach(), labels)
            if self.mixing:
                return self._mixed(styles, labels, latents.shape)
        return styles[:, None].expand(-1, self.layers, -1)

    def truncated(self, latents: Tensor, labels: Tensor | None, psi: float, layers: int | None = None) -> Tensor:
        """Return ``mean + psi (style - mean)`` for the first `layers`, all if None, and the style for the others."""
        styles = self.mapping(latents, labels)
        mean = self.mean if self.mean.dim() == 1 or labels is None else self.mean[labels]
        near = mean.lerp(styles, psi)
        moved = torch.arange(self.layers, device=styles.device) < (self.layers if layers is None else layers)
        return torch.where(moved[:, None], near[:, None], styles[:, None])

    @torch.no_grad()
    def _follow(self, styles: Tensor, labels: Tensor | None) -> None:
        styles = styles.to(self.mean.dtype)
        if self.mean.dim() == 1 or labels is None:
            self.mean.lerp_(_summed(styles.mean(dim=0)) / _world(), 1 - self.decay)
            return
        sums = torch.zeros_like(self.mean).index_add_(0, labels, styles)
        counts = torch.zeros_like(self.mean[:, :1]).index_add_(0, labels, torch.ones_like(styles[:, :1]))
        sums, counts = _summed(sums), _summed(counts)
        self.mean.lerp_(sums / counts.clamp(min=1), (1 - self.decay) * (counts > 0).to(sums.dtype))

    def _mixed(self, first: Tensor, labels: Tensor | None, shape: torch.Size) -> Tensor:
        device, count = first.device, shape[0]
        second = self.mapping(torch.randn(shape, device=device, dtype=first.dtype), labels)
        last = torch.randint(1, max(self.used, 2), (count, 1), device=device)
        two = torch.rand(count, 1, device=device) < self.mixing
        of_first = torch.arange(self.layers, device=device) < torch.where(two, last, self.layers)
        return torch.where(of_first[:, :, None], first[:, None], second[:, None])


def _world() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def _summed(values: Tensor) -> Tensor:
    if _world() > 1:
        dist.all_reduce(values)
    return values
