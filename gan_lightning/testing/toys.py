"""Small things that components are tried with: networks, a loss, images with classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gan_lightning.components import Architecture, Dataset, Discriminator, Generator, Loss
from gan_lightning.critique import Critique
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers.labels import with_labels
from gan_lightning.randomness import Randomness

CLASSES = 3
_SIZE = 8


class ToyGenerator(Generator):
    """Two linear maps around a smooth bend.

    Args:
        data: What is generated.
        classes: Number of classes, 0 for an unconditional network.
        width: Hidden units.
    """

    def __init__(self, data: DataSpec, classes: int, *, width: int = 16) -> None:
        super().__init__()
        self.latent_shape = (4,)
        self.shape, self.classes = data.shape, classes
        self.layers = nn.Sequential(
            nn.Linear(4 + classes, width), nn.Softplus(), nn.Linear(width, torch.Size(data.shape).numel()), nn.Tanh()
        )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, 4]`` and labels ``[N]`` to samples ``[N, *shape]``."""
        made: Tensor = self.layers(with_labels(latents, labels, self.classes))
        return made.view(-1, *self.shape)


class ToyDiscriminator(Discriminator):
    """Two linear maps around a smooth bend, so that second derivatives are nowhere zero.

    Args:
        data: What is judged.
        classes: Number of classes, 0 for an unconditional network.
        width: Hidden units.
    """

    def __init__(self, data: DataSpec, classes: int, *, width: int = 16) -> None:
        super().__init__()
        self.classes = classes
        self.body = nn.Sequential(nn.Linear(torch.Size(data.shape).numel() + classes, width), nn.Softplus())
        self.last = nn.Linear(width, 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *shape]`` with labels ``[N]``."""
        features = self.body(with_labels(samples.flatten(1), labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


class ToyEncoder(nn.Module):
    """Two linear maps around a smooth bend, to latents of the generator's length.

    Args:
        data: What is encoded.
        classes: Number of classes, 0 for an unconditional network.
        width: Hidden units.
    """

    def __init__(self, data: DataSpec, classes: int, *, width: int = 16) -> None:
        super().__init__()
        self.classes = classes
        values = torch.Size(data.shape).numel()
        self.layers = nn.Sequential(nn.Linear(values + classes, width), nn.Softplus(), nn.Linear(width, 4))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and labels ``[N]`` to latents ``[N, 4]``."""
        latents: Tensor = self.layers(with_labels(samples.flatten(1), labels, self.classes))
        return latents


_ROLES: dict[str, Any] = {"generator": ToyGenerator, "discriminator": ToyDiscriminator, "encoder": ToyEncoder}
TOY_NETWORKS = Architecture(_ROLES)


@dataclass(frozen=True)
class ToyLoss(Loss):
    """Cross-entropy, for games that are tried."""

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss."""
        return softplus(-real.logits).mean() + softplus(fake.logits).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss."""
        del real
        return softplus(-fake.logits).mean()


@dataclass(frozen=True)
class ToyImages(Dataset):
    """Sixty gray images of 8x8 random pixels, brighter from class to class."""

    def load(self, cache: Path) -> Samples:
        """Return the images."""
        del cache
        labels = torch.arange(60) % CLASSES
        pixels = Randomness(0).uniform("toy images", 60, 1, _SIZE, _SIZE) * 100 + labels[:, None, None, None] * 70
        return Samples(pixels.to(torch.uint8), labels, "toy images", "toy images", ("dark", "gray", "bright"))


@dataclass(frozen=True)
class ToyPairs(ToyImages):
    """The same images, each with its negative as partner ``source``, for games that make images from images."""

    def load(self, cache: Path) -> Samples:
        """Return the images."""
        images = super().load(cache)
        assert isinstance(images.values, Tensor)
        return replace(images, name="toy pairs", partners={"source": Partner(255 - images.values)})


def toy_components() -> dict[str, dict[str, Any]]:
    """Return what the kit offers to recipes, as a plugin would."""
    return {
        "architecture": {"toy": TOY_NETWORKS},
        "loss": {"toy": ToyLoss},
        "dataset": {"toy": ToyImages, "toy_pairs": ToyPairs},
    }
