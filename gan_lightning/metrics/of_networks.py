"""Scores of what networks beside the generator have learned, on real samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.data.samples import Values, to_network
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.score import Score, View

_CHUNK = 512


class NetworkScore(Score, ABC):
    """A score found by asking a game's networks about real samples.

    Attributes:
        values: The samples as they are stored; `prepare` sets them.
    """

    sees: ClassVar[View] = "samples"
    asks_networks = True
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.values: Values = torch.empty(0)
        self._answers: Mapping[str, float] | None = None

    @abstractmethod
    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Return the values by name, keys as in `better`; see `Score.meet`."""

    def meet(self, game: Game, networks: Mapping[str, nn.Module]) -> None:
        """Ask the networks."""
        self._answers = self.told(game, networks)

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Do nothing: the samples that are scored play no part."""

    def compute(self) -> dict[str, Tensor]:
        """Return the values, float64."""
        if self._answers is None:
            name = next(iter(self.better))
            raise UserError(f"metric {name!r}: it asks the networks of a trained game, and images alone have none")
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in self._answers.items()}


def in_chunks(values: Values, ask: Callable[[Tensor], Tensor], network: nn.Module) -> Tensor:
    """Return what is answered about samples ``[N, ...]``, float32 on the CPU.

    Args:
        values: The samples as they are stored.
        ask: Answers samples as networks see them.
        network: Tells the device on which it is asked.
    """
    device = next(network.parameters()).device
    starts = range(0, len(values), _CHUNK)
    return torch.cat([ask(to_network(values[start : start + _CHUNK].to(device))).float().cpu() for start in starts])
