"""Images as brightness in [0, 1], which networks of the years before tanh made and read."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError


def require_images(data: DataSpec, architecture: str) -> None:
    """Refuse points.

    Raises:
        UnsupportedShapeError: The data are no images.
    """
    if data.kind != "images":
        raise UnsupportedShapeError(
            f"data: architecture {architecture} is for images, the data are {data}; architecture mlp takes points"
        )


def images_of(brightness: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return images ``[N, *shape]`` in [-1, 1] of brightness ``[N, values]`` in [0, 1]."""
    return (2 * brightness - 1).view(-1, *shape)


def brightness_of(images: Tensor) -> Tensor:
    """Return the brightness ``[N, values]`` in [0, 1] of images ``[N, C, H, W]`` in [-1, 1]."""
    return (images.flatten(1) + 1) / 2


def begin_at(layer: nn.Linear, mean: float | None) -> None:
    """Have a layer in front of a sigmoid begin with the mean brightness of the data, by its biases.

    The authors of the first GAN take the mean of each pixel; networks are told the shape of the data only.

    Args:
        layer: The layer.
        mean: Mean brightness, between 0 and 1; None leaves the biases as they are.

    Raises:
        UserError: The mean is not between 0 and 1.
    """
    if mean is None:
        return
    if not 0 < mean < 1:
        raise UserError(f"brightness: expected the mean of all pixels, between 0 and 1, got {mean:g}")
    with torch.no_grad():
        layer.bias.fill_(math.log(mean / (1 - mean)))
