"""Fully connected networks for samples of any shape."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, hidden_layers, with_labels

_OUTPUTS: dict[str, Callable[[], nn.Module]] = {"images": nn.Tanh, "points": nn.Identity}


class MLPGenerator(Generator):
    """Linear layers with ReLU between; tanh at the end for images, nothing for points.

    A class is read as a one-hot vector beside the latent.

    Args:
        data: What is generated: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.
        latent: Length of the latent vector.

    Raises:
        UserError: A width is below 1, or the number of layers below 0.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 128, layers: int = 2, latent: int = 64) -> None:
        super().__init__()
        at_least(1, hidden=hidden, latent=latent)
        at_least(0, layers=layers)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        self.hidden = hidden_layers(latent + classes, hidden, layers, nn.ReLU)
        self.last = nn.Linear(hidden if layers else latent + classes, math.prod(data.shape))
        self.output = _OUTPUTS[data.kind]()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to samples ``[N, *shape]``."""
        inputs = with_labels(latents, labels, self.classes)
        return self.output(self.last(self.hidden(inputs))).view(-1, *self.shape)  # type: ignore[no-any-return]


class MLPDiscriminator(Discriminator):
    """Linear layers with leaky ReLU (0.2) between, on flattened samples.

    A class is read as a one-hot vector beside the sample. Features ``[N, hidden]`` of its critiques are the last hidden
    layer.

    Args:
        data: What is judged: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.

    Raises:
        UserError: The width is below 1, or the number of layers below 0.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 128, layers: int = 2) -> None:
        super().__init__()
        at_least(1, hidden=hidden)
        at_least(0, layers=layers)
        inputs = math.prod(data.shape) + classes
        self.classes = classes
        self.hidden = hidden_layers(inputs, hidden, layers, lambda: nn.LeakyReLU(0.2))
        self.last = nn.Linear(hidden if layers else inputs, 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *shape]`` with labels ``[N]``."""
        features = self.hidden(with_labels(samples.flatten(1), labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


MLP = Architecture({"generator": MLPGenerator, "discriminator": MLPDiscriminator})
