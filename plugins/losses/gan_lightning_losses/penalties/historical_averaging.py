"""Historical averaging."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.components import Penalty
from gan_lightning.game import Game, Play
from gan_lightning.origin import Origin


class HistoricalAveraging(nn.Module, Penalty):
    """Make a player's weights w stay near the mean of what they have been.

    |w - 1/t sum of w_i|^2, i = 1 ... t

    summed over all weights of the player, with w_i those after its i-th step: it dampens turning around the equilibrium
    (Salimans et al. 2016, arXiv:1606.03498, section 3.3). Before a player's first step it costs nothing. The means are
    kept in checkpoints, and take as much memory as the weights.

    Args:
        weight: Factor on the term; the paper tells none.
        every: Rounds between two applications of the term; the means move with each step.
    """

    players: ClassVar = ("discriminator", "generator")
    origin: ClassVar = Origin(
        "Salimans et al., Improved Techniques for Training GANs", 2016, "1606.03498", cures=("stability",)
    )

    def __init__(self, *, weight: float = 1.0, every: int = 1) -> None:
        nn.Module.__init__(self)
        Penalty.__init__(self, weight=weight, every=every)

    def prepare(self, game: Game) -> None:
        """Make room for the means of all weights."""
        for player in self.players:
            for index, weight in enumerate(_weights(game, player)):
                self.register_buffer(f"{player}_{index}", torch.zeros_like(weight))
            self.register_buffer(f"{player}_steps", torch.zeros(()))

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        player = play.phase.player
        weights = _weights(play.game, player)
        squares = [(weight - mean).square().sum() for weight, mean in zip(weights, self._means(play), strict=True)]
        return torch.stack(squares).sum() * (self.get_buffer(f"{player}_steps") > 0)

    @torch.no_grad()
    def after_step(self, play: Play) -> None:
        """Move the means."""
        steps = self.get_buffer(f"{play.phase.player}_steps")
        steps.add_(1)
        for weight, mean in zip(_weights(play.game, play.phase.player), self._means(play), strict=True):
            mean.lerp_(weight.to(mean.dtype), 1.0 / steps)

    def _means(self, play: Play) -> list[Tensor]:
        count = len(_weights(play.game, play.phase.player))
        return [self.get_buffer(f"{play.phase.player}_{index}") for index in range(count)]


def _weights(game: Game, player: str) -> list[nn.Parameter]:
    return game.parameters_of(game.player(player))
