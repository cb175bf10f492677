"""Means over seeds, and whether a difference is more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev

#: Standard errors from which on a difference counts.
ENOUGH = 2.0


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with its standard error, None for a single seed."""

    mean: float
    error: float | None

    def __str__(self) -> str:
        return f"{self.mean:.3g}" if self.error is None else f"{self.mean:.3g} ± {self.error:.2g}"

    @property
    def decided(self) -> bool:
        """Whether the mean is further from 0 than chance would have it, which one seed cannot tell."""
        return self.error is not None and abs(self.mean) > ENOUGH * self.error


def estimate(numbers: Iterable[float]) -> Estimate | None:
    """Return mean and standard error of numbers, one a seed; None without any."""
    found = list(numbers)
    if not found:
        return None
    error = stdev(found) / math.sqrt(len(found)) if len(found) > 1 else None
    return Estimate(fmean(found), error)


def difference(left: Mapping[int, float], right: Mapping[int, float]) -> Estimate | None:
    """Return the mean of left minus right over the seeds that both have; None without any.

    Seeds are pairs: latents and the order of the data are the same on both sides.
    """
    return estimate(left[seed] - right[seed] for seed in sorted(left.keys() & right.keys()))
