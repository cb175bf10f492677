"""SNGAN's standard networks: plain convolutions, spectrally normalised in the discriminator."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SPECTRAL, at_least, batch_norm, doublings, head, normal
from gan_lightning.origin import Origin

_WIDEST = 8
_DEVIATION = 0.02
_SLOPE = 0.1


class SNGANCNNGenerator(Generator):
    """Latent - linear - norm - ReLU - 4x4 transposed convolutions of stride 2, each with norm and ReLU - conv3 - tanh.

    (Miyato et al. 2018, arXiv:1802.05957, table 3; 4x4x512 doubled three times for 32x32.) With classes, the
    normalisations are class-conditional. Weights begin at N(0, 0.02).

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the width doubles with every halving, up to 8 times this.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, latent: int = 128) -> None:
        super().__init__()
        at_least(1, channels=channels, latent=latent)
        widths, size = _widths(data, channels)
        widths.reverse()
        norm = batch_norm(classes)
        self.latent_shape = (latent,)
        self.start = (widths[0], *size)
        self.linear = nn.Linear(latent, math.prod(self.start))
        self.norms = nn.ModuleList(norm(width) for width in widths)
        self.convolutions = nn.ModuleList(
            nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1) for inputs, outputs in pairwise(widths)
        )
        self.to_image = nn.Conv2d(widths[-1], data.shape[0], 3, padding=1)
        normal(self, _DEVIATION)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        maps = self.linear(latents).view(-1, *self.start)
        first, *norms = self.norms
        maps = relu(first(maps, labels))
        for convolution, norm in zip(self.convolutions, norms, strict=True):
            maps = relu(norm(convolution(maps), labels))
        return torch.tanh(self.to_image(maps))


class SNGANCNNDiscriminator(Discriminator):
    """3x3 convolutions and 4x4 ones of stride 2 in turn, leaky ReLU of slope 0.1, linear; all spectrally normalised.

    (Miyato et al. 2018, arXiv:1802.05957, table 3.) With classes, it also projects the label on its features, which are
    the last map, ``[N, D]``. Weights begin at N(0, 0.02).

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first hidden map; the width doubles with every halving, up to 8 times this.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: The width is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        at_least(1, channels=channels)
        widths, size = _widths(data, channels)
        convolution = SPECTRAL.convolution
        self.layers = nn.Sequential()
        for inputs, outputs in pairwise([data.shape[0], *widths[:-1]]):
            self.layers.extend([convolution(inputs, outputs, 3, padding=1), nn.LeakyReLU(_SLOPE)])
            self.layers.extend([convolution(outputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(_SLOPE)])
        self.layers.extend([convolution(*widths[-2:], 3, padding=1), nn.LeakyReLU(_SLOPE)])
        self.head = head(widths[-1] * math.prod(size), classes, SPECTRAL)
        normal(self, _DEVIATION)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(samples).flatten(1)
        return Critique(self.head(features, labels), features=features)


def _widths(data: DataSpec, channels: int) -> tuple[list[int], tuple[int, int]]:
    """Return the widths of the maps from the largest to the smallest, and the smallest's height and width."""
    steps = doublings(data)[0]
    _, height, width = data.shape
    return [channels * min(2**step, _WIDEST) for step in range(steps + 1)], (height >> steps, width >> steps)


SNGAN_CNN = Architecture(
    {"generator": SNGANCNNGenerator, "discriminator": SNGANCNNDiscriminator},
    Origin(
        "Miyato et al., Spectral Normalization for Generative Adversarial Networks",
        2018,
        "1802.05957",
        descends_from=("dcgan",),
        cures=("stability",),
    ),
)
