"""Similarities of the plane: turned, scaled, moved.

They are affine matrices ``[N, 2, 3]`` here. Points (x, y) of images are in normalised coordinates: -1 and 1 are the
edges of the image, whatever its size.
"""

from __future__ import annotations

import torch
from torch import Tensor


def similarity(points: Tensor, wanted: Tensor) -> Tensor:
    """Return the similarities that take points nearest to others, in least squares, without mirroring.

    In the plane this is Umeyama's estimate (1991, IEEE TPAMI 13(4), equations 40 to 42) in closed form: with points as
    complex numbers about their means, the factor is sum(conj(x) y) / sum(|x|^2).

    Args:
        points: ``[N, K, 2]``, not all the same.
        wanted: ``[N, K, 2]``.

    Returns:
        Matrices ``[N, 2, 3]``.
    """
    middle, wanted_middle = points.mean(1), wanted.mean(1)
    x, y = points - middle[:, None], wanted - wanted_middle[:, None]
    size = x.square().sum((1, 2))
    real = (x * y).sum((1, 2)) / size
    imaginary = (x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]).sum(1) / size
    turned = torch.stack([torch.stack([real, -imaginary], 1), torch.stack([imaginary, real], 1)], 1)
    return with_shift(turned, wanted_middle - (turned @ middle[..., None])[..., 0])


def with_shift(linear: Tensor, shift: Tensor) -> Tensor:
    """Return matrices ``[N, 2, 3]`` from linear maps ``[N, 2, 2]`` and shifts ``[N, 2]``."""
    return torch.cat([linear, shift[..., None]], dim=2)


def moved(matrices: Tensor, points: Tensor) -> Tensor:
    """Map points ``[N, ..., 2]`` by matrices ``[N, 2, 3]``."""
    flat = points.flatten(1, -2)
    return (flat @ matrices[:, :, :2].mT + matrices[:, None, :, 2]).view(points.shape)


def inverted(matrices: Tensor) -> Tensor:
    """Return the matrices ``[N, 2, 3]`` that undo others."""
    linear = torch.linalg.inv(matrices[:, :, :2])
    return with_shift(linear, -(linear @ matrices[:, :, 2:])[..., 0])


def pixel_centres(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """Return the points ``[height, width, 2]`` in the middles of an image's pixels."""
    rows, columns = ((2 * torch.arange(side, device=device) + 1) / side - 1 for side in (height, width))
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=2)
