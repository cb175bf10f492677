"""Scores of what a game's encoder has learned, on samples that have nothing to do with generated ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Encoding
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.of_networks import NetworkScore
from gan_lightning.randomness import Randomness

_CHOICE = 0  # seed of the choice of samples: runs with different seeds are compared on the same ones


class EncoderScore(NetworkScore, ABC):
    """A score that is found by encoding real samples."""

    values: Tensor

    @abstractmethod
    def found(self, game: Encoding, networks: Mapping[str, nn.Module]) -> dict[str, float]:
        """Return each value by name; see `Score.meet`."""

    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Ask the encoder.

        Raises:
            UserError: There is none, or it is told the classes of samples.
        """
        if not isinstance(game, Encoding):
            raise UserError(f"{self._label}: {type(game).__name__} has no encoder; take a game such as bigan")
        if game.conditional:
            raise UserError(f"{self._label}: the encoder is told the classes of samples; set game.conditional to false")
        return self.found(game, networks)

    @property
    def _label(self) -> str:
        return f"metric {next(iter(self.better)).removesuffix('_l1')!r}"


def chosen(data: Samples, most: int) -> Tensor:
    """Return the numbers of `most` samples, or of all if there are fewer, in an order that is always the same."""
    order = torch.randperm(len(data), generator=Randomness(_CHOICE).generator("encoded samples"))
    return order[:most]
