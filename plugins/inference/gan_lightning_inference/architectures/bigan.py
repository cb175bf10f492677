"""The fully connected networks of BiGAN."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from gan_lightning.components import Architecture, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, with_labels
from gan_lightning_inference.encoder import Encoder
from gan_lightning_inference.games.bigan import BIGAN_PAPER
from gan_lightning_inference.pairs import PairDiscriminator, joined

_OUTPUTS: dict[str, Callable[[], nn.Module]] = {"images": nn.Tanh, "points": nn.Identity}
_LEAKY = partial(nn.LeakyReLU, 0.2)


class BiGANGenerator(Generator):
    """Two hidden layers with ReLU, the second batch normalised without scale and shift; tanh for images.

    As for permutation-invariant MNIST (arXiv:1605.09782, section 4.1). A class is read as a one-hot vector beside the
    latent.

    Args:
        data: What is generated: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        latent: Length of the latent vector, in the paper uniform on [-1, 1] (an option of the game).
        normalize: Whether the second hidden layer is batch normalised.

    Raises:
        UserError: A width is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, hidden: int = 1024, latent: int = 50, normalize: bool = True
    ) -> None:
        super().__init__()
        at_least(1, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.shape = data.shape
        self.hidden = _hidden(latent + classes, hidden, nn.ReLU, normalize=normalize)
        self.last = nn.Linear(hidden, math.prod(data.shape))
        self.output = _OUTPUTS[data.kind]()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to samples ``[N, *shape]``."""
        made: Tensor = self.output(self.last(self.hidden(with_labels(latents, labels, self.classes))))
        return made.view(-1, *self.shape)


class BiGANEncoder(Encoder):
    """Two hidden layers with leaky ReLU (0.2), the second batch normalised; one code for a sample.

    A class is read as a one-hot vector beside the sample.

    Args:
        data: What is encoded: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers, the second of which are the features.
        latent: Length of the codes: the generator's.
        normalize: Whether the second hidden layer is batch normalised.

    Raises:
        UserError: A width is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, hidden: int = 1024, latent: int = 50, normalize: bool = True
    ) -> None:
        super().__init__()
        at_least(1, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        self.hidden = _hidden(math.prod(data.shape) + classes, hidden, _LEAKY, normalize=normalize)
        self.last = nn.Linear(hidden, latent)

    def features(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the second hidden layer ``[N, hidden]``."""
        features: Tensor = self.hidden(with_labels(samples.flatten(1), labels, self.classes))
        return features


class BiGANDiscriminator(PairDiscriminator):
    """Two hidden layers with leaky ReLU (0.2) on samples and latents side by side, the second batch normalised.

    A class is read as a one-hot vector beside both. Features ``[N, hidden]`` of its critiques are the second hidden
    layer.

    Args:
        data: What is judged with latents: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        latent: Length of the latents: the generator's.
        normalize: Whether the second hidden layer is batch normalised; gradient penalties need false.

    Raises:
        UserError: A width is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, hidden: int = 1024, latent: int = 50, normalize: bool = True
    ) -> None:
        at_least(1, latent=latent)
        super().__init__(data, latent)
        self.classes = classes
        self.hidden = _hidden(self.values + latent + classes, hidden, _LEAKY, normalize=normalize)
        self.last = nn.Linear(hidden, 1)

    def judge(self, samples: Tensor, latents: Tensor, labels: Tensor | None) -> Critique:
        """Judge samples ``[N, *shape]`` with latents ``[N, latent]`` and labels ``[N]``."""
        features = self.hidden(with_labels(joined(samples, latents), labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


def _hidden(inputs: int, width: int, activation: Callable[[], nn.Module], *, normalize: bool) -> nn.Sequential:
    at_least(1, hidden=width)
    norm = nn.BatchNorm1d(width, affine=False) if normalize else nn.Identity()
    return nn.Sequential(nn.Linear(inputs, width), activation(), nn.Linear(width, width), norm, activation())


BIGAN = Architecture(
    {"generator": BiGANGenerator, "discriminator": BiGANDiscriminator, "encoder": BiGANEncoder}, BIGAN_PAPER
)
