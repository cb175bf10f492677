"""Discriminators for super-resolution: pairs of convolutions that halve the image, then two linear layers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least
from gan_lightning_translation.translators import refuse_classes, require_images

_WIDEST = 8
_SMALLEST = 8


class StackedDiscriminator(Discriminator, ABC):
    """A 3x3 convolution and one that halves, for each width; batch normalisation in all but the first; leaky ReLU.

    Widths are 1, 2, 4, 8, 8... times `channels`. Features ``[N, hidden]`` of its critiques are the hidden linear layer.

    Args:
        data: What is judged: images of one size.
        classes: Must be 0.
        channels: Width of the first pair.
        hidden: Width of the linear layer; None for the published one.

    Attributes:
        kernel: Side of the kernels that halve.
        has_bias: Whether convolutions before a normalisation have one.
        published_hidden: Published width of the linear layer.

    Raises:
        UnsupportedShapeError: The data are no images, or too small.
        UserError: A number is below 1.
    """

    kernel: ClassVar[int]
    has_bias: ClassVar[bool]
    published_hidden: ClassVar[int]

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, hidden: int | None = None) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        at_least(1, channels=channels, hidden=hidden)
        hidden = hidden or self.published_hidden
        halvings = self.halvings(data)
        widths = [channels * min(2**level, _WIDEST) for level in range(halvings)]
        self.layers = nn.Sequential(nn.Conv2d(data.shape[0], channels, 3, padding=1), nn.LeakyReLU(0.2))
        self.layers.extend(self._normalised(channels, channels, self.kernel, 2))
        for before, after in pairwise(widths):
            self.layers.extend(self._normalised(before, after, 3, 1) + self._normalised(after, after, self.kernel, 2))
        self.layers.append(nn.Flatten())
        values = widths[-1] * math.prod(_left(side, self.kernel, halvings) for side in data.shape[1:])
        self.hidden = nn.Sequential(nn.Linear(values, hidden), nn.LeakyReLU(0.2))
        self.last = nn.Linear(hidden, 1)

    @abstractmethod
    def halvings(self, data: DataSpec) -> int:
        """Return how often sides are halved.

        Raises:
            UnsupportedShapeError: Images are too small.
        """

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``; logits are ``[N]``."""
        del labels
        features = self.hidden(self.layers(samples))
        return Critique(self.last(features).squeeze(1), features=features)

    def _normalised(self, inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, 1, bias=self.has_bias)
        return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]


class SRGANDiscriminator(StackedDiscriminator):
    """The discriminator of SRGAN: four pairs of 3x3 convolutions, 1024 hidden units (arXiv:1609.04802, figure 4)."""

    kernel = 3
    has_bias = True
    published_hidden = 1024

    def halvings(self, data: DataSpec) -> int:
        """Return 4, or less where a side is one pixel before that."""
        return min(4, max(1, (min(data.shape[1:]) - 1).bit_length()))


class ESRGANDiscriminator(StackedDiscriminator):
    """The discriminator of ESRGAN: pairs of a 3x3 and a 4x4 convolution down to 4 to 7 pixels, 100 hidden units.

    Five pairs for images of 128x128 (arXiv:1809.00219).
    """

    kernel = 4
    has_bias = False
    published_hidden = 100

    def halvings(self, data: DataSpec) -> int:
        """Return how often the shorter side can be halved with 4 pixels left."""
        side = min(data.shape[1:])
        if side < _SMALLEST:
            raise UnsupportedShapeError(
                f"data: ESRGANDiscriminator judges images from {_SMALLEST}x{_SMALLEST} on, got {data}"
            )
        return (side // 4).bit_length() - 1


def _left(side: int, kernel: int, halvings: int) -> int:
    """Return what is left of a side."""
    for _ in range(halvings):
        side = (side + 2 - kernel) // 2 + 1
    return side
