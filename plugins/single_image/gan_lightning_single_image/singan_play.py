"""What a turn at one scale sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_single_image.sizes import resized

if TYPE_CHECKING:
    from gan_lightning_single_image.singan_game import SinGANGame


@dataclass(frozen=True)
class Drawn:
    """What the turns of a round share.

    Args:
        round: Number of the round.
        noise: Noise of the scales that are trained.
        below: What the scales before have made of noise of their own, or None at the coarsest.
    """

    round: int
    noise: list[Tensor]
    below: Tensor | None


class SinGANPlay(TwoPlayerPlay):
    """A turn at one scale: the image at its size, what has been made of noise, and of the noise that stands for it."""

    game: SinGANGame

    @property
    def drawn(self) -> Tensor:
        """Real images ``[N, C, h, w]`` at the size of the scale."""
        return resized(self.batch.samples(), self.game.size)

    @property
    def _shared(self) -> Drawn | None:
        """What an earlier turn of this round has drawn."""
        shared = self.game.shared
        return shared if shared is not None and shared.round == self.progress.rounds else None

    @cached_property
    def noise(self) -> list[Tensor]:
        """Noise ``[M, C or 1, h, w]`` of each scale that is trained; all turns of a round see the same."""
        if self._shared is not None:
            return self._shared.noise
        game = self.game
        sizes = game.generator.sizes[game.first : game.scale + 1]
        return game.draw_noise(self.count, self.random.at("noise"), sizes, game.first)

    @cached_property
    def below(self) -> Tensor | None:
        """What the scales before make, ``[M, C, h, w]``: new in each of D's turns, that of D's last one in G's."""
        game = self.game
        if not game.first:
            return None
        if self._shared is not None and self.phase.player == "generator":
            return self._shared.below
        noise = game.draw_noise(self.count, self.random.at("below"), game.generator.sizes[: game.first])
        with torch.no_grad():
            return game.generator.refine(noise)

    @cached_property
    def fake(self) -> Tensor:
        """Generated images ``[M, C, h, w]``; without a graph in the discriminator's turn."""
        return self.game.generator.refine(self.noise, self.below, self.game.first)

    @cached_property
    def reconstruction(self) -> Tensor:
        """What is made of the noise that stands for the image, ``[1, C, h, w]``."""
        game = self.game
        return game.generator.refine(
            game.reference_noise(game.scale + 1)[game.first :], game.reconstructed(), game.first
        )
