"""Distances between all samples of two sets, a tile of the matrix at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

_ROWS, _COLUMNS = 1024, 2048  # of a tile: 16 MiB of float64, however many samples there are


@dataclass(frozen=True)
class Shifted:
    """Features ``[N, D]`` as they were kept, read in float64 as seen from `origin` ``[D]``."""

    features: Tensor
    origin: Tensor

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, start: int, stop: int) -> Tensor:
        """Return some of them."""
        return self.features[start:stop].double() - self.origin

    def square_norms(self) -> Tensor:
        """Return ``[N]`` squared distances to the origin."""
        return torch.cat([self.rows(*part).square().sum(dim=1) for part in _parts(len(self), _COLUMNS)])


def centre(features: Tensor) -> Tensor:
    """Return the mean ``[D]`` of features ``[N, D]`` in float64."""
    total = torch.zeros(features.shape[1], dtype=torch.float64, device=features.device)
    for part in torch.split(features, _COLUMNS):
        total += part.double().sum(dim=0)
    return total / len(features)


def squared_distances(left: Shifted, right: Shifted) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield rows of `left`, columns of `right` and the float64 squared distances between them, row by row of tiles.

    They do not depend on the origin, and lose the fewest digits where it is near.
    """
    left_norms, right_norms = left.square_norms(), right.square_norms()
    for start, stop in _parts(len(left), _ROWS):
        rows = left.rows(start, stop)
        for first, last in _parts(len(right), _COLUMNS):
            norms = left_norms[start:stop, None] + right_norms[first:last]
            products = rows @ right.rows(first, last).T
            yield slice(start, stop), slice(first, last), norms.sub_(products, alpha=2.0)


def nearest(features: Shifted, count: int) -> Tensor:
    """Return ascending squared distances ``[N, count]`` to the nearest features, of which the first is itself."""
    found = features.origin.new_full((len(features), count), torch.inf)
    for rows, _, distances in squared_distances(features, features):
        found[rows] = torch.cat([found[rows], distances], dim=1).topk(count, largest=False).values
    return found


def _parts(count: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, size):
        yield start, min(start + size, count)
