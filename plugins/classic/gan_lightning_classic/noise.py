"""Noise on activations."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """Adds normal noise in training, and nothing in evaluation.

    Args:
        deviation: Standard deviation of the noise.
    """

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        """Return values of the same shape."""
        return x + self.deviation * torch.randn_like(x) if self.training and self.deviation else x
