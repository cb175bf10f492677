"""Spectral normalisation: layers whose weight is divided by an estimate of its largest singular value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, normalize


class SpectralNorm(nn.Module):
    """Mixin for a layer with a ``weight``; put it before the layer's class.

    The weight, reshaped to W ``[out, rest]``, is divided by sigma = u^T W v, where u and v come from power iteration
    and count as constants (Miyato et al. 2018, arXiv:1802.05957, algorithm 1). A forward in training mode refines the
    persistent buffer ``u`` ``[out]`` first; evaluation mode and `held_power_iteration` leave it alone.

    Args:
        iterations: Steps of power iteration in a forward.
        eps: Least length that vectors are divided by.
    """

    weight: Tensor
    u: Tensor

    def __init__(self, *args: Any, iterations: int = 1, eps: float = 1e-12, **options: Any) -> None:
        super().__init__(*args, **options)
        self.iterations = iterations
        self.eps = eps
        self.held = False
        self.register_buffer("u", normalize(torch.randn(len(self.weight)), dim=0, eps=eps))

    def normalized_weight(self) -> Tensor:
        """Return weight / sigma in the weight's shape; in training mode this iterates."""
        # The estimate needs full precision, whatever the layer itself computes in.
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            u, v = self._iterate(matrix.detach())
            return self.weight / torch.dot(u, torch.mv(matrix, v))

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        # The buffer changes in place, since data-parallel wrappers keep a reference to it; graphs hold copies.
        u = self._unit(self.u)  # a mean of unit vectors, in an averaged network, is shorter
        v = self._unit(torch.mv(matrix.T, u))
        if self.training and not self.held:
            for step in range(self.iterations):
                v = self._unit(torch.mv(matrix.T, u)) if step else v
                u = self._unit(torch.mv(matrix, v))
            self.u.copy_(u)
        return u, v

    def _unit(self, vector: Tensor) -> Tensor:
        return normalize(vector, dim=0, eps=self.eps)


class SNConv2d(SpectralNorm, nn.Conv2d):
    """A convolution with a spectrally normalised weight; arguments as `torch.nn.Conv2d`."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``[N, C, H, W]``."""
        return self._conv_forward(x, self.normalized_weight(), self.bias)  # type: ignore[no-any-return]


class SNLinear(SpectralNorm, nn.Linear):
    """A linear layer with a spectrally normalised weight; arguments as `torch.nn.Linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., inputs]`` to ``[..., outputs]``."""
        return linear(x, self.normalized_weight(), self.bias)


class SNEmbedding(SpectralNorm, nn.Embedding):
    """An embedding whose table ``[classes, width]`` is spectrally normalised; arguments as `torch.nn.Embedding`."""

    def forward(self, labels: Tensor) -> Tensor:
        """Look labels ``[N]`` up: ``[N, width]``."""
        return embedding(labels, self.normalized_weight())


@contextmanager
def held_power_iteration(network: nn.Module) -> Iterator[None]:
    """Keep every ``u`` of a network as it is, for extra forwards in training mode."""
    layers = [layer for layer in network.modules() if isinstance(layer, SpectralNorm)]
    before = [layer.held for layer in layers]
    try:
        for layer in layers:
            layer.held = True
        yield
    finally:
        for layer, held in zip(layers, before, strict=True):
            layer.held = held
