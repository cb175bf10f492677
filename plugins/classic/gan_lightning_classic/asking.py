"""Scores of what a game's discriminator has learned to tell, on samples that have nothing to do with the generator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from gan_lightning.data.samples import Values, to_network
from gan_lightning.errors import UserError, nearest
from gan_lightning.game import Game
from gan_lightning.metrics.score import Score
from gan_lightning.two_player import TwoPlayerGame

_CHUNK = 512


class AskingScore(Score, ABC):
    """A score of one value, found by asking the discriminator about samples whose classes are known.

    Attributes:
        values: The samples as they are stored; `prepare` sets them.
        classes: Their classes, int64 ``[N]``.
    """

    sees: ClassVar[Literal["features", "logits", "samples"]] = "samples"
    asks_networks = True
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.values: Values = torch.empty(0)
        self.classes = torch.empty(0, dtype=torch.long)
        self._found: float | None = None

    @abstractmethod
    def found(self, game: Game, networks: Mapping[str, nn.Module]) -> float:
        """Return the value; see `Score.meet`."""

    def meet(self, game: Game, networks: Mapping[str, nn.Module]) -> None:
        """Ask the discriminator."""
        self._found = self.found(game, networks)

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Do nothing: generated samples play no part."""

    def compute(self) -> dict[str, Tensor]:
        """Return the value, float64."""
        (name,) = self.better
        if self._found is None:
            raise UserError(f"metric {name!r}: it asks the networks of a trained game, and images alone have none")
        return {name: torch.tensor(self._found, dtype=torch.float64)}


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
    device = next(discriminator.parameters()).device
    told = []
    for start in range(0, len(values), _CHUNK):
        samples = to_network(values[start : start + _CHUNK].to(device))
        extras = game.ask(discriminator, samples, None).extras
        if output not in extras:
            raise UserError(f"the discriminator has no output {output!r}; {nearest(output, extras)}")
        told.append(extras[output].float().cpu())
    return torch.cat(told)
