"""Codes: entries of a latent that a sample shall tell of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, one_hot

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness

_UNIT_NORMAL = -0.5 * math.log(2 * math.pi)
_UNIFORM = math.log(2)  # entropy of a uniform number in [-1, 1]


@dataclass(frozen=True)
class Codes:
    """Categories as one-hot vectors, each as frequent as the others, and numbers uniform in [-1, 1].

    Args:
        categorical: Number of categories of each categorical code, such as ``(10,)``.
        continuous: Number of continuous codes.

    Raises:
        UserError: There is no code, or a categorical one of fewer than 2 categories.
    """

    categorical: tuple[int, ...]
    continuous: int

    def __post_init__(self) -> None:
        """Refuse codes that tell nothing."""
        if any(categories < 2 for categories in self.categorical):
            raise UserError(f"game.categorical: expected at least 2 categories in each, got {list(self.categorical)}")
        if self.continuous < 0 or not self.size:
            raise UserError("game.continuous: there must be a code, categorical or continuous")

    @property
    def size(self) -> int:
        """Entries of a latent that are codes."""
        return sum(self.categorical) + self.continuous

    def draw(self, count: int, random: Randomness) -> Tensor:
        """Draw codes ``[count, size]``: one-hot vectors one after the other, then the continuous ones."""
        parts = []
        for place, categories in enumerate(self.categorical):
            chosen = random.choice(f"code {place}", torch.ones(categories), count)
            parts.append(one_hot(chosen, categories).float())
        if self.continuous:
            parts.append(random.uniform("continuous codes", count, self.continuous) * 2 - 1)
        return torch.cat(parts, dim=1)

    def split(self, codes: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return each categorical code ``[N, categories]``, and the continuous ones ``[N, continuous]``."""
        *categorical, continuous = torch.split(codes, [*self.categorical, self.continuous], dim=1)
        return categorical, continuous

    def information(self, codes: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """Return lower bounds on what samples tell of their codes, in nats: E[log Q(c | x)] + H(c).

        Q is categorical with the logits, and normal with the means, that are told, and a standard deviation of 1. With
        that deviation the bound of a continuous code stays below log 2 - log(2 pi) / 2 = -0.226.

        Args:
            codes: What the samples were made of, ``[N, size]``.
            told: What Q says of the samples, ``[N, size]``: logits, and means.

        Returns:
            Sums over the categorical and over the continuous codes, two scalars.
        """
        categorical, continuous = self.split(codes)
        logits, means = self.split(told.float())
        of_categories = told.new_zeros(())
        for hot, logit in zip(categorical, logits, strict=True):
            of_categories = of_categories + (hot * log_softmax(logit, dim=1)).sum(dim=1).mean() + math.log(hot.shape[1])
        surprise = 0.5 * (continuous - means).square() - _UNIT_NORMAL - _UNIFORM
        return of_categories, -surprise.sum(dim=1).mean()
