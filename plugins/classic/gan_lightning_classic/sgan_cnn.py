"""The convolutional networks of semi-supervised learning by GANs."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import WNConv2d, WNLinear, at_least, with_labels
from gan_lightning_classic.brightness import require_images
from gan_lightning_classic.doubling import DoublingGenerator
from gan_lightning_classic.sgan import IMPROVED_GAN

_SMALLEST = 12  # what two halvings and a 3x3 convolution without padding leave one pixel of


class SGANCNNGenerator(DoublingGenerator):
    """A linear layer and 5x5 transposed convolutions with batch normalisation (arXiv:1606.03498, CIFAR-10).

    Layers have no bias. The authors' last layer is weight-normalised, and this one is not.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the width doubles with every halving.
    """

    kernel: ClassVar = 5

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 128, **options: Any) -> None:
        super().__init__(data, classes, channels=channels, **options)

    def first(self, inputs: int, width: int, start: tuple[int, int]) -> list[nn.Module]:
        """Return the linear layer, whose output is the first map."""
        values = width * start[0] * start[1]
        linear = nn.Linear(inputs, values, bias=False)
        return [linear, nn.BatchNorm1d(values), nn.ReLU(), nn.Unflatten(1, (width, *start))]


class SGANCNNDiscriminator(Discriminator):
    """Nine weight-normalised convolutions with leaky ReLU and dropout, then means over the map (arXiv:1606.03498).

    A class is read as constant maps beside the image's channels. Features ``[N, 2 channels]`` of its critiques are the
    means. The authors' initialisation of scales and biases by the first batch is left out.

    Args:
        data: What is judged: images of 12 pixels a side or more.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first three maps; the others have twice as many.

    Raises:
        UnsupportedShapeError: The images are smaller, or none.
        UserError: The width is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 96) -> None:
        super().__init__()
        require_images(data, "sgan_cnn")
        if min(data.shape[1:]) < _SMALLEST:
            raise UnsupportedShapeError(f"data: architecture sgan_cnn needs sides of {_SMALLEST} or more, got {data}")
        at_least(1, channels=channels)
        self.classes = classes
        narrow, wide = channels, 2 * channels
        self.layers = nn.Sequential(
            nn.Dropout(0.2),
            *_convolution(data.shape[0] + classes, narrow),
            *_convolution(narrow, narrow),
            *_convolution(narrow, narrow, stride=2),
            nn.Dropout(0.5),
            *_convolution(narrow, wide),
            *_convolution(wide, wide),
            *_convolution(wide, wide, stride=2),
            nn.Dropout(0.5),
            *_convolution(wide, wide, padding=0),
            *_convolution(wide, wide, 1, padding=0),
            *_convolution(wide, wide, 1, padding=0),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.last = WNLinear(wide, 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(samples, labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


def _convolution(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, padding: int = 1) -> list[nn.Module]:
    return [WNConv2d(inputs, outputs, kernel, stride=stride, padding=padding), nn.LeakyReLU(0.2)]


SGAN_CNN = Architecture({"generator": SGANCNNGenerator, "discriminator": SGANCNNDiscriminator}, IMPROVED_GAN)
