"""Generators with one parameter: where their samples lie."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.components import Generator
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.randomness import Randomness
from gan_lightning.study.duel import Reals
from gan_lightning.two_player import TwoPlayerGame

#: Points in the plane.
PLANE = DataSpec((2,), kind="points")


class Cloud(Generator):
    """Latents themselves, moved: a Gaussian with deviation 1 for normal latents."""

    latent_shape = (2,)

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.zeros(2))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, 2]`` to points ``[N, 2]``."""
        del labels
        return self.form(latents) + self.place

    def form(self, latents: Tensor) -> Tensor:
        """Return the points before they are moved."""
        return latents


class Line(Cloud):
    """Points of an upright line of length 1, evenly for normal latents."""

    def form(self, latents: Tensor) -> Tensor:
        """Return points ``(0, y)``."""
        return torch.stack([torch.zeros(len(latents)), torch.special.ndtr(latents[:, 1])], dim=1)


def moved(generator: Cloud, place: Tensor) -> Reals:
    """Return real samples that are those of a generator, elsewhere, so that only the place differs.

    Args:
        generator: Whose form they have.
        place: Where they lie, ``[2]``.
    """

    def draw(game: TwoPlayerGame, count: int, random: Randomness) -> Batch:
        return Batch((generator.form(game.draw_latents(count, random, generator)) + place).detach())

    return draw
