"""Scores of what a game's encoder has learned, on samples that have nothing to do with generated ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Encoding
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.score import Score
from gan_lightning.randomness import Randomness

_CHUNK = 512
_CHOICE = 0  # seed of the choice of samples: runs with different seeds are compared on the same ones


class EncoderScore(Score, ABC):
    """A score that is found by encoding real samples.

    Attributes:
        values: The samples as they are stored; `prepare` sets them.
    """

    sees: ClassVar[Literal["features", "logits", "samples"]] = "samples"
    asks_networks = True
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.values = torch.empty(0)
        self._found: dict[str, float] | None = None

    @abstractmethod
    def found(self, game: Encoding, networks: Mapping[str, nn.Module]) -> dict[str, float]:
        """Return each value by name; see `Score.meet`."""

    def meet(self, game: Game, networks: Mapping[str, nn.Module]) -> None:
        """Ask the encoder.

        Raises:
            UserError: There is none, or it is told the classes of samples.
        """
        if not isinstance(game, Encoding):
            raise UserError(f"{self._label}: {type(game).__name__} has no encoder; take a game such as bigan")
        if game.conditional:
            raise UserError(f"{self._label}: the encoder is told the classes of samples; set game.conditional to false")
        self._found = self.found(game, networks)

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Do nothing: generated samples play no part."""

    def compute(self) -> dict[str, Tensor]:
        """Return each value by name, float64.

        Raises:
            UserError: It has met no game.
        """
        if self._found is None:
            raise UserError(f"{self._label}: it asks the networks of a trained game, and images alone have none")
        return {name: torch.tensor(value, dtype=torch.float64) for name, value in self._found.items()}

    @property
    def _label(self) -> str:
        return f"metric {next(iter(self.better)).removesuffix('_l1')!r}"


def chosen(data: Samples, most: int) -> Tensor:
    """Return the numbers of `most` samples, or of all if there are fewer, in an order that is always the same."""
    order = torch.randperm(len(data), generator=Randomness(_CHOICE).generator("encoded samples"))
    return order[:most]


def asked(values: Tensor, ask: Callable[[Tensor], Tensor], network: nn.Module) -> Tensor:
    """Return what is answered for samples, ``[N, ...]`` on the CPU, in float32.

    Args:
        values: The samples as they are stored.
        ask: Takes them as networks see them, ``[n, *shape]``.
        network: Tells by its weights on which device they are asked for.
    """
    device = next(network.parameters()).device
    return torch.cat([ask(to_network(part.to(device))).float().cpu() for part in torch.split(values, _CHUNK)])
