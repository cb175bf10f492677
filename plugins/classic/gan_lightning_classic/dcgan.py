"""DCGAN: strided convolutions, batch normalisation and nothing fully connected."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.doubling import DoublingGenerator
from gan_lightning_classic.strided import halved, initialise, opened, widths_of


class DCGANGenerator(DoublingGenerator):
    """Transposed 4x4 convolutions of stride 2, batch normalisation and ReLU; tanh at the end (arXiv:1511.06434).

    The latent is a map of one pixel to the first of them. Convolutions have no bias; scales of the normalisation begin
    at N(1, 0.02).
    """

    def first(self, inputs: int, width: int, start: tuple[int, int]) -> list[nn.Module]:
        """Return a transposed convolution on a map of one pixel."""
        return [nn.Unflatten(1, (inputs, 1, 1)), *opened(inputs, width, start)]


class DCGANDiscriminator(Discriminator):
    """4x4 convolutions of stride 2, batch normalisation (but in the first layer) and leaky ReLU (arXiv:1511.06434).

    A class is read as constant maps, one a class, beside the image's channels. Convolutions have no bias and begin at
    N(0, 0.02), scales of the normalisation at N(1, 0.02). Features ``[N, D]`` of its critiques are the last map.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first hidden map; the width doubles with every halving, up to 16 times this.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: The width is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        widths, start = widths_of(data, channels)
        self.classes = classes
        self.layers = nn.Sequential(
            nn.Conv2d(data.shape[0] + classes, widths[0], 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(0.2),
            *halved(widths, partial(nn.LeakyReLU, 0.2)),
        )
        self.last = nn.Conv2d(widths[-1], 1, start, bias=False)
        initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(samples, labels, self.classes))
        return Critique(self.last(features).flatten(), features=features.flatten(1))


DCGAN = Architecture(
    {"generator": DCGANGenerator, "discriminator": DCGANDiscriminator},
    Origin(
        "Radford et al., Unsupervised Representation Learning with Deep Convolutional GANs",
        2015,
        "1511.06434",
        descends_from=("gan",),
        cures=("image quality", "stability"),
    ),
)
