"""How labels are wrong: the matrix T[i, j] = P(label j | class i), given or estimated."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lightning.errors import UserError

_ROUNDING = 1e-3


@dataclass(frozen=True)
class LabelNoise:
    """A model of wrong labels.

    Args:
        rate: Probability r that a label is drawn anew: from all classes alike, the right one too, so that
            T = (1 - r) I + r / K; or, of the classes in `flips`, that it is the other one.
        flips: Pairs [class, label] of classes that are taken for another; the labels of all other classes are right.
            Without pairs, noise is alike for all classes.
        transition: The whole matrix, a row for each class, in place of `rate` and `flips`; see `estimate_transition`.

    Raises:
        UserError: The rate is no probability, or the matrix is none.
    """

    rate: float = 0.5
    flips: tuple[tuple[int, int], ...] = ()
    transition: list[list[float]] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        if not 0.0 <= self.rate <= 1.0:
            raise UserError(f"rate: expected a probability from 0 to 1, got {self.rate:g}")
        if self.transition is not None:
            _check(self.transition)

    def matrix(self, classes: int) -> Tensor:
        """Return T ``[classes, classes]``; rows add up to 1.

        Raises:
            UserError: Pairs or matrix are of other classes.
        """
        if self.transition is not None:
            if len(self.transition) != classes:
                raise UserError(f"transition: expected {classes} rows, one a class, got {len(self.transition)}")
            return torch.tensor(self.transition)
        if not self.flips:
            return (1 - self.rate) * torch.eye(classes) + self.rate / classes
        matrix = torch.eye(classes)
        for right, wrong in self.flips:
            if not (0 <= right < classes and 0 <= wrong < classes):
                raise UserError(f"flips: expected pairs of classes from 0 to {classes - 1}, got [{right}, {wrong}]")
            matrix[right] *= 1 - self.rate
            matrix[right, wrong] += self.rate
        return matrix


def draw_rows(probabilities: Tensor, chosen: Tensor, numbers: Tensor) -> Tensor:
    """Draw a column for each chosen row of a matrix of probabilities.

    Args:
        probabilities: ``[K, L]``, rows adding up to 1.
        chosen: Row of each draw, int64 ``[N]``.
        numbers: Uniform in [0, 1), ``[N]``.

    Returns:
        int64 ``[N]``.
    """
    edges = probabilities.cumsum(dim=1)[chosen]
    return (numbers[:, None] >= edges).sum(dim=1).clamp(max=probabilities.shape[1] - 1)


def clean_given_noisy(matrix: Tensor) -> Tensor:
    """Return P(class i | label j) ``[K, K]`` by label and class, where all classes are as frequent.

    These are the columns of T, made to add up to 1. A label that no class has stays what it is.
    """
    columns = matrix.T
    sums = columns.sum(dim=1, keepdim=True)
    return torch.where(sums > 0, columns / sums.clamp(min=torch.finfo(columns.dtype).tiny), torch.eye(len(matrix)))


def estimate_transition(probabilities: Tensor, quantile: float = 1.0) -> Tensor:
    """Estimate T from what a classifier, trained on noisy labels, says of samples.

    Row i is what it says of the sample that it holds most likely to have label i, or of the one at a quantile of that
    likelihood, which is safer from outliers (Patrini et al. 2017, arXiv:1609.03683). Probabilities should be those of
    samples that the classifier was not trained on.

    Args:
        probabilities: Of each label, ``[N, K]``.
        quantile: Of the likelihood; 1 is the largest, the authors also have 0.97.

    Returns:
        T ``[K, K]``, rows adding up to 1.
    """
    place = max(round(quantile * len(probabilities)) - 1, 0)
    anchors = probabilities.argsort(dim=0)[place]
    return probabilities[anchors] / probabilities[anchors].sum(dim=1, keepdim=True)


def _check(rows: list[list[float]]) -> None:
    for number, row in enumerate(rows):
        if len(row) != len(rows):
            raise UserError(f"transition[{number}]: expected {len(rows)} numbers, as there are rows, got {len(row)}")
        if min(row) < 0 or abs(sum(row) - 1) > _ROUNDING:
            raise UserError(f"transition[{number}]: expected probabilities that add up to 1, got a sum of {sum(row):g}")
