"""The networks of AC-GAN."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.brightness import require_images
from gan_lightning_classic.doubling import DoublingGenerator
from gan_lightning_classic.noise import GaussianNoise
from gan_lightning_classic.strided import initialise, normalised, opened

_LAYERS = 6


class ACGANGenerator(DoublingGenerator):
    """A linear layer on latent and label, then transposed convolutions with batch normalisation (arXiv:1610.09585).

    The linear layer has twice the width of the widest map and no activation; its output is a map of one pixel to the
    first convolution.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the width doubles with every halving.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 48, **options: Any) -> None:
        super().__init__(data, classes, channels=channels, **options)

    def first(self, inputs: int, width: int, start: tuple[int, int]) -> list[nn.Module]:
        """Return the linear layer, and a transposed convolution on a map of one pixel."""
        linear = nn.Linear(inputs, 2 * width)
        return [linear, nn.Unflatten(1, (2 * width, 1, 1)), *opened(2 * width, width, start)]


class ACGANDiscriminator(Discriminator):
    """Six 3x3 convolutions, every other of stride 2, with leaky ReLU and dropout (arXiv:1610.09585, appendix A).

    Batch normalisation is in all but the first. Weights begin at N(0, 0.02). Features ``[N, D]`` of its critiques are
    the last map; where classes are told by a head, such as that of an auxiliary classifier, it reads these. A network
    that is given classes reads them as constant maps beside the image's channels; in the paper it is not.

    Args:
        data: What is judged: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first layer, which doubles with every layer.
        dropout: Share of the activations that is dropped in training.
        noise: Standard deviation of the noise on each layer's input in training; the paper has 0, 0.1 and 0.2.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: The width is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, channels: int = 16, dropout: float = 0.5, noise: float = 0.0
    ) -> None:
        super().__init__()
        require_images(data, "acgan")
        at_least(1, channels=channels)
        self.classes = classes
        self.layers = nn.Sequential()
        widths = [data.shape[0] + classes, *(channels * 2**layer for layer in range(_LAYERS))]
        for layer, (inputs, outputs) in enumerate(pairwise(widths)):
            self.layers.append(GaussianNoise(noise))
            self.layers.append(nn.Conv2d(inputs, outputs, 3, stride=2 - layer % 2, padding=1, bias=False))
            self.layers.extend(normalised(outputs, nn.LeakyReLU(0.2)) if layer else [nn.LeakyReLU(0.2)])
            self.layers.append(nn.Dropout(dropout))
        height, width = (math.ceil(side / 2 ** (_LAYERS // 2)) for side in data.shape[1:])
        self.last = nn.Linear(widths[-1] * height * width, 1)
        initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(samples, labels, self.classes)).flatten(1)
        return Critique(self.last(features).squeeze(1), features=features)


ACGAN = Architecture(
    {"generator": ACGANGenerator, "discriminator": ACGANDiscriminator},
    Origin(
        "Odena et al., Conditional Image Synthesis with Auxiliary Classifier GANs",
        2016,
        "1610.09585",
        descends_from=("dcgan", "cgan"),
        cures=("image quality",),
    ),
)
