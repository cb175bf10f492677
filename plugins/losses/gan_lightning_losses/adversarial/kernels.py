"""Kernels of vectors, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from torch import Tensor

Name = Literal["rational_quadratic", "rbf"]

#: k(a, b) of a scale from squared distances |a - b|^2 of any shape: (1 + d / 2s)^-s, and exp(-d / 2 s^2).
KERNELS: Mapping[Name, Callable[[Tensor, float], Tensor]] = {
    "rational_quadratic": lambda squares, scale: (1.0 + squares / (2.0 * scale)) ** -scale,
    "rbf": lambda squares, scale: (-squares / (2.0 * scale**2)).exp(),
}


def mixture(name: Name, scales: tuple[float, ...], dot: float, rows: Tensor, columns: Tensor) -> Tensor:
    """Return kernel values of all pairs, summed over the scales.

    Distances are taken from differences and not from products, which lose them in half precision.

    Args:
        name: Which kernel.
        scales: Its scales, all above 0.
        dot: Weight of the scalar product of the two vectors, which is added.
        rows: Vectors ``[N, D]``.
        columns: Vectors ``[M, D]``.

    Returns:
        ``[N, M]``.
    """
    squares = (rows[:, None] - columns).square().sum(2)
    products = dot * (rows[:, None] * columns).sum(2)
    return sum((KERNELS[name](squares, scale) for scale in scales), start=products)
