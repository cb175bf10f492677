"""The networks of the first GAN, for images."""

from __future__ import annotations

import math

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, uniform, with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.brightness import begin_at, brightness_of, images_of, require_images
from gan_lightning_classic.maxout import Maxout


class GANGenerator(Generator):
    """Two ReLU layers and a sigmoid layer (arXiv:1406.2661, the authors' MNIST settings).

    The sigmoid is stretched to [-1, 1]. Weights are drawn from U(-0.05, 0.05). A class is read as a one-hot vector
    beside the latent.

    Args:
        data: What is generated: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the two hidden layers.
        latent: Length of the latent vector, in the paper uniform on [-1, 1] (an option of the game).
        brightness: Mean of the data's pixels, between 0 and 1, that images begin with, as the authors' begin with the
            mean of each pixel; None for biases of 0.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is out of its range.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, hidden: int = 1200, latent: int = 100, brightness: float | None = None
    ) -> None:
        super().__init__()
        require_images(data, "gan")
        at_least(1, hidden=hidden, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        last = nn.Linear(hidden, math.prod(data.shape))
        self.layers = nn.Sequential(
            nn.Linear(latent + classes, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), last, nn.Sigmoid()
        )
        uniform(self, 0.05)
        begin_at(last, brightness)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        return images_of(self.layers(with_labels(latents, labels, self.classes)), self.shape)


class GANDiscriminator(Discriminator):
    """Two maxout layers with dropout (arXiv:1406.2661, the authors' MNIST settings).

    It reads images as brightness in [0, 1]; 80 % of the inputs and 50 % of the hidden units are kept in training.
    Weights are drawn from U(-0.005, 0.005). A class is read as a one-hot vector beside the image. Features
    ``[N, units]`` of its critiques are the last hidden layer.

    Args:
        data: What is judged: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        units: Width of the two hidden layers.
        pieces: Linear pieces that each unit takes the largest of.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, units: int = 240, pieces: int = 5) -> None:
        super().__init__()
        require_images(data, "gan")
        at_least(1, units=units, pieces=pieces)
        self.classes = classes
        self.hidden = nn.Sequential(
            nn.Dropout(0.2),
            Maxout(math.prod(data.shape) + classes, units, pieces),
            nn.Dropout(0.5),
            Maxout(units, units, pieces),
            nn.Dropout(0.5),
        )
        self.last = nn.Linear(units, 1)
        uniform(self, 0.005)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.hidden(with_labels(brightness_of(samples), labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


GAN = Architecture(
    {"generator": GANGenerator, "discriminator": GANDiscriminator},
    Origin("Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661"),
)
