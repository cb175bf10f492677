"""Whether a categorical code has found the classes that the data have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from torch import Tensor, nn

from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning_classic.asking import AskingScore, answers
from gan_lightning_classic.infogan import INFOGAN_PAPER
from gan_lightning_classic.infogan_game import HEAD, InfoGANGame

_MOST = 10_000


class CodeAccuracy(AskingScore):
    """Share of real samples that Q gives the category matched with their class (arXiv:1606.03657, section 7.2).

    Categories are matched with classes one to one, as best they can be. Labels play no part in training, so it is done
    on the data themselves, the first 10,000 samples at most. Chance is a little more than one in as many as there are
    categories.

    Raises:
        UserError: The data have no labels, or the game no categorical code.
    """

    origin = INFOGAN_PAPER
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"code_accuracy": "higher"}

    def prepare(self, data: Samples, count: int) -> None:
        """Take samples and their classes."""
        del count
        if data.labels is None:
            raise UserError(f"metric 'code_accuracy': {data.name} has no labels to match codes with")
        self.values, self.classes = data.values[:_MOST], data.labels[:_MOST]

    def found(self, game: Game, networks: Mapping[str, nn.Module]) -> float:
        """Have Q tell the first categorical code of the samples, and return the share that is matched."""
        if not isinstance(game, InfoGANGame) or not game.codes.categorical:
            raise UserError("metric 'code_accuracy': it needs game infogan with a categorical code")
        told = answers(game, networks, self.values, HEAD)[:, : game.codes.categorical[0]]
        return matched_share(told.argmax(dim=1), self.classes)

    def protocol(self) -> dict[str, Any]:
        """Return how many samples are asked about."""
        return {"asked": len(self.classes)}


def matched_share(categories: Tensor, classes: Tensor) -> float:
    """Return the share of samples whose category is the one matched with their class.

    Args:
        categories: int64 ``[N]``.
        classes: int64 ``[N]``.
    """
    size = int(max(categories.max(), classes.max())) + 1
    together = torch.bincount(categories * size + classes, minlength=size * size).view(size, size)
    rows, columns = linear_sum_assignment(together.numpy(), maximize=True)
    return int(together[rows, columns].sum()) / len(classes)
