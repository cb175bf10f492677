"""Maxout of two pieces behind dropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Maxout(nn.Module):
    """The larger of two linear pieces, behind dropout.

    Args:
        layer: Makes twice as many maps, or numbers, as come out.
        dropout: Share of the inputs that is dropped in training.
    """

    def __init__(self, layer: nn.Module, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, ...]`` to ``[N, outputs, ...]``."""
        one, other = self.layer(self.dropout(x)).chunk(2, dim=1)
        return torch.maximum(one, other)
