"""What makes and judges one level of a LAPGAN."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import partial

import torch
from torch import Tensor, nn

from gan_lightning.layers import hidden_layers, with_labels
from gan_lightning_classic.pyramid import ClassMap, Size


class GeneratorLevel(nn.Module, ABC):
    """Makes what a level adds to what is coarser.

    Attributes:
        noise: How many numbers of the latent are the level's.
    """

    noise: int

    @abstractmethod
    def forward(self, noise: Tensor, coarse: Tensor | None, labels: Tensor | None) -> Tensor:
        """Map noise ``[N, noise]``, coarse images ``[N, C, H, W]`` and labels ``[N]`` to ``[N, C, H, W]``."""


class BaseGenerator(GeneratorLevel):
    """Two hidden layers with ReLU, and linear pixels: the images of the coarsest size themselves.

    Args:
        channels: Channels of the images.
        size: Their height and width.
        classes: Number of classes, 0 for none.
        hidden: Width of the hidden layers.
        noise: Length of the noise vector.
    """

    def __init__(self, channels: int, size: Size, classes: int, *, hidden: int, noise: int) -> None:
        super().__init__()
        self.noise = noise
        self.classes = classes
        self.layers = nn.Sequential(
            *hidden_layers(noise + classes, hidden, 2, nn.ReLU),
            nn.Linear(hidden, channels * math.prod(size)),
            nn.Unflatten(1, (channels, *size)),
        )

    def forward(self, noise: Tensor, coarse: Tensor | None, labels: Tensor | None) -> Tensor:
        """Map noise ``[N, noise]`` and labels ``[N]`` to images; there is nothing coarser."""
        del coarse
        return self.layers(with_labels(noise, labels, self.classes))  # type: ignore[no-any-return]


class ResidualGenerator(GeneratorLevel):
    """Three convolutions on one map of noise, the coarse image and the class's map: a residual, linear.

    Args:
        channels: Channels of the images.
        size: Their height and width.
        classes: Number of classes, 0 for none.
        width: Width of the hidden maps.
    """

    def __init__(self, channels: int, size: Size, classes: int, *, width: int) -> None:
        super().__init__()
        self.noise = math.prod(size)
        self.size = size
        self.drawn = ClassMap(classes, size)
        self.layers = nn.Sequential(
            nn.Conv2d(1 + channels + self.drawn.channels, width, 7, padding=3),
            nn.ReLU(),
            nn.Conv2d(width, width, 7, padding=3),
            nn.ReLU(),
            nn.Conv2d(width, channels, 5, padding=2),
        )

    def forward(self, noise: Tensor, coarse: Tensor | None, labels: Tensor | None) -> Tensor:
        """Map noise ``[N, noise]``, coarse images ``[N, C, H, W]`` and labels ``[N]`` to residuals ``[N, C, H, W]``."""
        assert coarse is not None
        seen = torch.cat([noise.view(-1, 1, *self.size), coarse], dim=1)
        return self.layers(self.drawn(seen, labels))  # type: ignore[no-any-return]


class BaseDiscriminator(nn.Module):
    """Two hidden layers with ReLU and dropout, for images of the coarsest size.

    Args:
        channels: Channels of the images.
        size: Their height and width.
        classes: Number of classes, 0 for none, read as a one-hot vector beside the image.
        hidden: Width of the hidden layers.
        dropout: Share of the activations that is dropped in training.
    """

    def __init__(self, channels: int, size: Size, classes: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.classes = classes
        inputs = channels * math.prod(size) + classes
        dropped = partial(_dropped, dropout)
        self.layers = nn.Sequential(*hidden_layers(inputs, hidden, 2, dropped), nn.Linear(hidden, 1))

    def forward(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``: logits ``[N]``."""
        return self.layers(with_labels(images.flatten(1), labels, self.classes)).squeeze(1)  # type: ignore[no-any-return]


class ResidualDiscriminator(nn.Module):
    """Two convolutions with ReLU and dropout, on coarse image and residual added up, and the class's map.

    Args:
        channels: Channels of the images.
        size: Their height and width, 10 pixels a side or more.
        classes: Number of classes, 0 for none.
        width: Width of the maps.
        dropout: Share of the activations that is dropped in training.
    """

    def __init__(self, channels: int, size: Size, classes: int, *, width: int, dropout: float) -> None:
        super().__init__()
        self.drawn = ClassMap(classes, size)
        left = math.prod((side - 4 - 5) // 2 + 1 for side in size)
        self.layers = nn.Sequential(
            nn.Conv2d(channels + self.drawn.channels, width, 5),
            nn.ReLU(),
            nn.Conv2d(width, width, 5, stride=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(width * left, 1),
        )

    def forward(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``: logits ``[N]``."""
        return self.layers(self.drawn(images, labels)).squeeze(1)  # type: ignore[no-any-return]


def _dropped(dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.ReLU(), nn.Dropout(dropout))
