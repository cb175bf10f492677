"""The networks of the first GAN, for images."""

from __future__ import annotations

import math

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, uniform, with_labels
from gan_lightning.origin import Origin


class GANGenerator(Generator):
    """Two ReLU layers and a sigmoid layer (arXiv:1406.2661, the authors' MNIST settings).

    The sigmoid is stretched to [-1, 1]. Weights are drawn from U(-0.05, 0.05). The authors' output biases begin at the
    data's marginal logits; here they begin at 0. A class is read as a one-hot vector beside the latent.

    Args:
        data: What is generated: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the two hidden layers.
        latent: Length of the latent vector, in the paper uniform on [-1, 1] (an option of the game).

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 1200, latent: int = 100) -> None:
        super().__init__()
        _refuse_points(data)
        at_least(1, hidden=hidden, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        self.layers = nn.Sequential(
            nn.Linear(latent + classes, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, math.prod(data.shape)),
            nn.Sigmoid(),
        )
        uniform(self, 0.05)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        brightness = self.layers(with_labels(latents, labels, self.classes))
        return (2 * brightness - 1).view(-1, *self.shape)  # type: ignore[no-any-return]


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
        _refuse_points(data)
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
        brightness = (samples.flatten(1) + 1) / 2
        features = self.hidden(with_labels(brightness, labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


class Maxout(nn.Module):
    """The largest of some linear pieces (Goodfellow et al. 2013, arXiv:1302.4389).

    Args:
        inputs: Width in.
        units: Width out.
        pieces: Linear pieces of each unit.
    """

    def __init__(self, inputs: int, units: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs]`` to ``[N, units]``."""
        return self.linear(x).unflatten(1, (-1, self.pieces)).max(dim=2).values  # type: ignore[no-any-return]


def _refuse_points(data: DataSpec) -> None:
    if data.kind != "images":
        raise UnsupportedShapeError(
            f"data: architecture gan is for images, the data are {data}; architecture mlp takes points"
        )


GAN = Architecture(
    {"generator": GANGenerator, "discriminator": GANDiscriminator},
    Origin("Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661"),
)
