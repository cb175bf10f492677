"""Residual blocks of linear layers."""

from __future__ import annotations

from torch import Tensor, nn


class LinearBlock(nn.Module):
    """Adds to its input what two linear layers make of it: ReLU - linear - ReLU - linear.

    Args:
        width: Numbers in and out.
        hidden: Numbers between.
        linear: `nn.Linear` or `SNLinear`.
    """

    def __init__(self, width: int, hidden: int, linear: type[nn.Linear]) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(), linear(width, hidden), nn.ReLU(), linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, width]`` to the same."""
        return x + self.layers(x)  # type: ignore[no-any-return]
