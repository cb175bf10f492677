"""The fully connected networks of semi-supervised learning by GANs, for images."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import WNLinear, at_least, with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.brightness import brightness_of, images_of, require_images
from gan_lightning_classic.noise import GaussianNoise

IMPROVED_GAN = Origin(
    "Salimans et al., Improved Techniques for Training GANs", 2016, "1606.03498", descends_from=("gan",)
)


class SGANGenerator(Generator):
    """Two softplus layers with batch normalisation, a weight-normalised sigmoid layer (arXiv:1606.03498, MNIST).

    The sigmoid is stretched to [-1, 1]. A class is read as a one-hot vector beside the latent.

    Args:
        data: What is generated: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the two hidden layers.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 500, latent: int = 100) -> None:
        super().__init__()
        require_images(data, "sgan")
        at_least(1, hidden=hidden, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        self.layers = nn.Sequential()
        for inputs, outputs in pairwise([latent + classes, hidden, hidden]):
            self.layers.extend([nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.Softplus()])
        self.layers.extend([WNLinear(hidden, math.prod(data.shape)), nn.Sigmoid()])

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        return images_of(self.layers(with_labels(latents, labels, self.classes)), self.shape)


class SGANDiscriminator(Discriminator):
    """Five weight-normalised ReLU layers with noise on what each of them reads (arXiv:1606.03498, MNIST).

    It reads images as brightness in [0, 1], with noise of deviation 0.3; that between layers has 0.5. A class is read
    as a one-hot vector beside the image. Features ``[N, hidden / 4]`` of its critiques are the last hidden layer
    before its noise.

    Args:
        data: What is judged: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the first layer; the second has half of it, the others a quarter.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: The width is below 4.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 1000) -> None:
        super().__init__()
        require_images(data, "sgan")
        at_least(4, hidden=hidden)
        self.classes = classes
        widths = [hidden, hidden // 2, hidden // 4, hidden // 4, hidden // 4]
        self.layers = nn.Sequential()
        for inputs, outputs in pairwise([math.prod(data.shape) + classes, *widths]):
            noise = GaussianNoise(0.5 if len(self.layers) else 0.3)
            self.layers.extend([noise, WNLinear(inputs, outputs), nn.ReLU()])
        self.noise = GaussianNoise(0.5)
        self.last = WNLinear(widths[-1], 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.layers(with_labels(brightness_of(samples), labels, self.classes))
        return Critique(self.last(self.noise(features)).squeeze(1), features=features)


SGAN = Architecture({"generator": SGANGenerator, "discriminator": SGANDiscriminator}, IMPROVED_GAN)
