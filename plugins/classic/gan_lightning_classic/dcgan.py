"""DCGAN: strided convolutions, batch normalisation and nothing fully connected."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings, normal, with_labels
from gan_lightning.origin import Origin

_WIDEST = 16


class DCGANGenerator(Generator):
    """Transposed 4x4 convolutions of stride 2, batch normalisation and ReLU; tanh at the end (arXiv:1511.06434).

    The latent becomes a first map of 3 to 7 pixels a side (4x4 for images of 32, 64 and 128), which is doubled to the
    image. A class is read as a one-hot vector beside the latent. Convolutions have no bias and begin at N(0, 0.02),
    scales of the normalisation at N(1, 0.02).

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the width doubles with every halving, up to 16 times this.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, latent: int = 100) -> None:
        super().__init__()
        widths, start = _widths(data, channels)
        widths.reverse()
        at_least(1, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent + classes, widths[0], start, bias=False),
            *_normalized(widths[0], nn.ReLU()),
        )
        for inputs, outputs in pairwise(widths):
            self.layers.append(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False))
            self.layers.extend(_normalized(outputs, nn.ReLU()))
        self.layers.append(nn.ConvTranspose2d(widths[-1], data.shape[0], 4, stride=2, padding=1, bias=False))
        self.layers.append(nn.Tanh())
        _initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        inputs = with_labels(latents, labels, self.classes)
        return self.layers(inputs[:, :, None, None])  # type: ignore[no-any-return]


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
        widths, start = _widths(data, channels)
        self.classes = classes
        self.layers = nn.Sequential(
            nn.Conv2d(data.shape[0] + classes, widths[0], 4, stride=2, padding=1, bias=False), nn.LeakyReLU(0.2)
        )
        for inputs, outputs in pairwise(widths):
            self.layers.append(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False))
            self.layers.extend(_normalized(outputs, nn.LeakyReLU(0.2)))
        self.last = nn.Conv2d(widths[-1], 1, start, bias=False)
        _initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(samples, labels, self.classes))
        return Critique(self.last(features).flatten(), features=features.flatten(1))


def _widths(data: DataSpec, channels: int) -> tuple[list[int], tuple[int, int]]:
    """Return the width of each hidden map from the largest to the smallest, and the smallest's height and width."""
    at_least(1, channels=channels)
    steps = doublings(data)[0]
    _, height, width = data.shape
    return [channels * min(2**step, _WIDEST) for step in range(steps)], (height >> steps, width >> steps)


def _normalized(channels: int, activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), activation)


def _initialise(network: nn.Module) -> None:
    normal(network, 0.02)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)


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
