"""Batch normalisation with and without classes, one signature for all: ``forward(x, labels)``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

NormMaker = Callable[[int], nn.Module]


class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation that is given labels and does not look at them."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Normalise ``[N, C, H, W]``."""
        del labels
        return super().forward(x)


class ConditionalBatchNorm2d(nn.Module):
    """Batch normalisation with a scale and a shift for each class.

    gamma[y] * (x - mean) / std + beta[y], where gamma begins at 1 and beta at 0 (Dumoulin et al. 2017,
    arXiv:1610.07629; in generators Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        channels: Channels C of the input.
        classes: Number of classes.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gamma = nn.Embedding(classes, channels)
        self.beta = nn.Embedding(classes, channels)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Normalise ``[N, C, H, W]`` for classes ``[N]``.

        Raises:
            ValueError: There are no labels.
        """
        if labels is None:
            raise ValueError("a class-conditional network needs labels")
        gamma, beta = self.gamma(labels)[:, :, None, None], self.beta(labels)[:, :, None, None]
        return torch.addcmul(beta, gamma, self.norm(x))


class ModulatedBatchNorm2d(nn.Module):
    """Batch normalisation with a scale and a shift that layers make of what is known of each sample.

    (1 + gain(c)) * (x - mean) / std + shift(c), so that layers that return 0 leave the normalised maps as they are
    (Brock et al. 2019, arXiv:1809.11096, appendix B).

    Args:
        channels: Channels C of the input.
        modulation: Makes a layer with so many outputs, called once for the gain and once for the shift: a linear layer
            for conditions that are vectors ``[N, D]``, an embedding for classes ``[N]``.
    """

    def __init__(self, channels: int, modulation: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = modulation(channels)
        self.shift = modulation(channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Normalise ``[N, C, H, W]`` under conditions ``[N, D]``, or ``[N]`` of an embedding."""
        gain, shift = (layer(condition)[:, :, None, None] for layer in (self.gain, self.shift))
        return torch.addcmul(shift, 1 + gain, self.norm(x))


class Unnormalized(nn.Module):
    """No normalisation, for networks that can do with or without.

    Args:
        channels: Not used; there so that it is constructed as the others are.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return `x`."""
        del labels
        return x


def batch_norm(classes: int) -> NormMaker:
    """Return what makes a batch normalisation of so many channels: conditional where there are classes."""
    return partial(ConditionalBatchNorm2d, classes=classes) if classes else BatchNorm2d
