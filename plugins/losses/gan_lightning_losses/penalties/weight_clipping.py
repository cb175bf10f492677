"""The weight clipping of WGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from gan_lightning.components import Rule
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Play
from gan_lightning.layers import SpectralNorm
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class WeightClipping(Rule):
    """Keep the critic Lipschitz by keeping its weights in a box: after each of its steps w = clip(w, -limit, limit).

    All its parameters are clipped, biases and scales of normalisations too (Arjovsky et al. 2017, arXiv:1701.07875,
    algorithm 1).

    Args:
        limit: Largest magnitude of a weight, the paper's c.

    Raises:
        UserError: The limit is not above 0.
    """

    limit: float = 0.01

    excludes: ClassVar = {
        "gradient_penalty": "its slopes of 1 are not to be had in the box; it was made to take this rule's place",
        "dragan": "its slopes of 1 are not to be had in the box",
        "fisher": "its second moment of 1 is not to be had in the box, and its multiplier would grow without end",
    }
    origin: ClassVar = Origin(
        "Arjovsky et al., Wasserstein GAN",
        2017,
        "1701.07875",
        descends_from=("wasserstein",),
        cures=("vanishing gradients",),
    )

    def __post_init__(self) -> None:
        """Refuse a box that no weight fits in."""
        if self.limit <= 0.0:
            raise UserError(f"penalties.weight_clipping.limit: expected more than 0, got {self.limit:g}")

    def prepare(self, game: Game) -> None:
        """Refuse a critic whose weights are divided by their norm, so that a box bounds nothing.

        Raises:
            UserError: The critic is spectrally normalised.
        """
        for name, layer in game.networks["discriminator"].named_modules():
            if isinstance(layer, SpectralNorm):
                raise UserError(
                    f"penalties.weight_clipping: the discriminator's layer {name!r} divides its weight by its spectral "
                    "norm, however small; take one or the other"
                )

    @torch.no_grad()
    def after_step(self, play: Play) -> None:
        """Clip the player's weights in place."""
        weights: list[torch.Tensor] = list(play.game.parameters_of(play.game.player(play.phase.player)))
        torch._foreach_clamp_min_(weights, -self.limit)
        torch._foreach_clamp_max_(weights, self.limit)
