"""A pyramid of images at halved sizes, and the class as a map, for the networks of LAPGAN."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, with_labels

_LEAST = 5  # below twice as many pixels a side, two 5x5 convolutions leave nothing

Size = tuple[int, int]


def resized(images: Tensor, size: Size) -> Tensor:
    """Return images ``[N, C, H, W]`` at another size: the one operator of the pyramid, up and down, everywhere.

    It is bilinear, and means over all pixels that it covers on the way down.
    """
    return interpolate(images.float(), size, mode="bilinear", antialias=True)  # bfloat16 has no antialiasing on the CPU


def pyramid_sizes(data: DataSpec, coarsest: int) -> list[Size]:
    """Return the sizes of the levels, coarse to fine: both sides are halved while `coarsest` pixels or more are left.

    Args:
        data: Images of any size.
        coarsest: Shortest side that there may be.

    Raises:
        UnsupportedShapeError: The data are no images, or smaller than that.
        UserError: The number is below 5.

    >>> pyramid_sizes(DataSpec((3, 32, 32)), 8)
    [(8, 8), (16, 16), (32, 32)]
    """
    at_least(_LEAST, coarsest=coarsest)
    if data.kind != "images" or min(data.shape[1:]) < coarsest:
        raise UnsupportedShapeError(
            f"data: lapgan is for images of {coarsest} pixels a side or more, the data are {data}"
        )
    sizes = [(data.shape[1], data.shape[2])]
    while min(sizes[0]) >= 2 * coarsest:
        sizes.insert(0, (sizes[0][0] // 2, sizes[0][1] // 2))
    return sizes


class ClassMap(nn.Module):
    """A class as one map: a linear layer on the one-hot vector, with ReLU, beside the channels of images.

    Args:
        classes: Number of classes, 0 for none.
        size: Height and width of the map.

    Attributes:
        channels: Maps that are added: 1, or 0 without classes.
    """

    def __init__(self, classes: int, size: Size) -> None:
        super().__init__()
        self.classes, self.size = classes, size
        self.channels = min(classes, 1)
        self.linear = nn.Linear(classes, math.prod(size)) if classes else None

    def forward(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Return images ``[N, C, H, W]`` with the map of labels ``[N]``: ``[N, C + channels, H, W]``."""
        if self.linear is None:
            return images
        hot = with_labels(images.new_zeros(len(images), 0), labels, self.classes)
        drawn = torch.relu(self.linear(hot)).view(-1, 1, *self.size)
        return torch.cat([images, drawn.to(images.dtype)], dim=1)
