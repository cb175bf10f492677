"""The networks of the conditional GAN, for images."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, uniform, with_labels
from gan_lightning.origin import Origin
from gan_lightning_classic.brightness import begin_at, brightness_of, images_of, require_images
from gan_lightning_classic.maxout import Maxout


class CGANGenerator(Generator):
    """Latent and label in ReLU layers of their own, one ReLU layer on both, a sigmoid layer (arXiv:1411.1784, 4.1).

    The sigmoid is stretched to [-1, 1]. Weights are drawn from U(-0.05, 0.05). Without classes the label's layer is
    left out.

    Args:
        data: What is generated: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        latent: Length of the latent vector.
        latent_units: Width of the latent's layer.
        label_units: Width of the label's layer.
        hidden: Width of the layer on both; 0 leaves it out, as some re-implementations do.
        dropout: Share of the hidden units that is dropped in training.
        brightness: Mean of the data's pixels, between 0 and 1, that images begin with; None for biases of 0.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is out of its range.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        latent: int = 100,
        latent_units: int = 200,
        label_units: int = 1000,
        hidden: int = 1200,
        dropout: float = 0.5,
        brightness: float | None = None,
    ) -> None:
        super().__init__()
        require_images(data, "cgan")
        at_least(1, latent=latent, latent_units=latent_units, label_units=label_units)
        at_least(0, hidden=hidden)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        self.of_latent = _hidden(latent, latent_units, dropout)
        self.of_label = _hidden(classes, label_units, dropout) if classes else None
        both = latent_units + (label_units if classes else 0)
        last = nn.Linear(hidden or both, math.prod(data.shape))
        self.layers = nn.Sequential(*(_hidden(both, hidden, dropout) if hidden else ()), last, nn.Sigmoid())
        uniform(self, 0.05)
        begin_at(last, brightness)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        joined = _joined(self.of_latent(latents), self.of_label, labels, self.classes)
        return images_of(self.layers(joined), self.shape)


class CGANDiscriminator(Discriminator):
    """Image and label in maxout layers of their own, a maxout layer on both, dropout (arXiv:1411.1784, 4.1).

    It reads images as brightness in [0, 1]. Weights are drawn from U(-0.005, 0.005). Without classes the label's layer
    is left out. Features ``[N, units]`` of its critiques are the layer on both.

    Args:
        data: What is judged: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        units: Width of the image's layer, and of the one on both.
        label_units: Width of the label's layer.
        pieces: Linear pieces of each unit of the first layers.
        joint_pieces: Linear pieces of each unit of the layer on both.
        dropout: Share of the hidden units that is dropped in training.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        units: int = 240,
        label_units: int = 50,
        pieces: int = 5,
        joint_pieces: int = 4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        require_images(data, "cgan")
        at_least(1, units=units, label_units=label_units, pieces=pieces, joint_pieces=joint_pieces)
        self.classes = classes
        self.of_image = nn.Sequential(Maxout(math.prod(data.shape), units, pieces), nn.Dropout(dropout))
        self.of_label = nn.Sequential(Maxout(classes, label_units, pieces), nn.Dropout(dropout)) if classes else None
        both = units + (label_units if classes else 0)
        self.joint = nn.Sequential(Maxout(both, units, joint_pieces), nn.Dropout(dropout))
        self.last = nn.Linear(units, 1)
        uniform(self, 0.005)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        of_image = self.of_image(brightness_of(samples))
        features = self.joint(_joined(of_image, self.of_label, labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


def _hidden(inputs: int, units: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(dropout))


def _joined(values: Tensor, of_label: nn.Module | None, labels: Tensor | None, classes: int) -> Tensor:
    """Put what a network makes of labels ``[N]`` beside values ``[N, D]``."""
    if of_label is None:
        return values
    hot = with_labels(values[:, :0], labels, classes)
    return torch.cat([values, of_label(hot)], dim=1)


CGAN = Architecture(
    {"generator": CGANGenerator, "discriminator": CGANDiscriminator},
    Origin("Mirza and Osindero, Conditional Generative Adversarial Nets", 2014, "1411.1784", descends_from=("gan",)),
)
