"""Scores of what a game's discriminator has learned to tell, on samples that have nothing to do with the generator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gan_lightning.data.samples import Values
from gan_lightning.errors import UserError, nearest
from gan_lightning.game import Game
from gan_lightning.metrics.of_networks import NetworkScore, in_chunks
from gan_lightning.two_player import TwoPlayerGame


class AskingScore(NetworkScore):
    """A score of one value, found by asking the discriminator about samples whose classes are known.

    Attributes:
        classes: Classes of the samples, int64 ``[N]``; `prepare` sets them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.classes = torch.empty(0, dtype=torch.long)

    @abstractmethod
    def found(self, game: Game, networks: Mapping[str, nn.Module]) -> float:
        """Return the value; see `Score.meet`."""

    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Ask the discriminator."""
        (name,) = self.better
        return {name: self.found(game, networks)}


def answers(game: Game, networks: Mapping[str, nn.Module], values: Values, output: str) -> Tensor:
    """Return an output of a game's discriminator ``[N, K]`` for samples, on the CPU.

    Args:
        game: The game.
        networks: Its networks by name.
        values: The samples as they are stored.
        output: Name of the output.

    Raises:
        UserError: There is no such output.
    """
    if not isinstance(game, TwoPlayerGame):
        raise UserError(f"{type(game).__name__} has no discriminator that could be asked")
    discriminator = networks["discriminator"]

    def ask(samples: Tensor) -> Tensor:
        extras = game.ask(discriminator, samples, None).extras
        if output not in extras:
            raise UserError(f"the discriminator has no output {output!r}; {nearest(output, extras)}")
        answer: Tensor = extras[output]
        return answer

    return in_chunks(values, ask, discriminator)
