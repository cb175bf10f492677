"""Maxout layers."""

from __future__ import annotations

from torch import Tensor, nn


class Maxout(nn.Module):
    """The largest of some linear pieces (Goodfellow et al. 2013, arXiv:1302.4389).

    Args:
        inputs: Width in.
        units: Width out.
        pieces: Linear pieces of each unit.
    """

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs]`` to ``[N, units]``."""
        return self.linear(x).unflatten(1, (-1, self.pieces)).max(dim=2).values  # type: ignore[no-any-return]
