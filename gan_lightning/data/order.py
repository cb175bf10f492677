"""The order in which an epoch's samples are seen, drawn in pieces so that a place is found without those before it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Generator, Tensor

Draw = Callable[..., Generator]
"""Returns the generator of a purpose within one epoch: the same for the same words, on every process."""


class Order(ABC):
    """How an epoch of any number of samples is shuffled, as a function of what `Draw` gives."""

    @abstractmethod
    def piece_size(self, count: int) -> int:
        """Return how many places a piece has, the last of an epoch excepted.

        Args:
            count: Samples of the data set.
        """

    @abstractmethod
    def piece(self, index: int, count: int, draw: Draw) -> Tensor:
        """Return the samples of a piece in the order in which they are seen, int64 ``[piece_size]`` or fewer.

        Args:
            index: Which piece of the epoch.
            count: Samples of the data set.
            draw: Gives the epoch's generators.
        """


@dataclass(frozen=True)
class Shuffled(Order):
    """Every order is as likely as any other: for data any sample of which is at hand."""

    def piece_size(self, count: int) -> int:
        """Return `count`: an epoch is one piece."""
        return count

    def piece(self, index: int, count: int, draw: Draw) -> Tensor:
        """Return a permutation of all samples."""
        del index
        return torch.randperm(count, generator=draw())


@dataclass(frozen=True)
class ShardOrder(Order):
    """Shards one after the other in an order of their own, shuffled within windows of so many samples.

    Whoever reads in this order has the shards of one window in use at a time, and needs memory for one window of
    numbers, however many samples there are.

    Args:
        sizes: Samples of each shard; sample 0 is the first of shard 0. Shards may be empty.
        window: Samples of a window; more mix better, fewer keep reading closer together.
    """

    sizes: Tensor
    window: int

    @classmethod
    def of(cls, sizes: Sequence[int], window: int) -> Self:
        """Return the order of shards of these sizes."""
        return cls(torch.tensor(sizes, dtype=torch.int64), window)

    def piece_size(self, count: int) -> int:
        """Return the size of a window."""
        return min(self.window, count)

    def piece(self, index: int, count: int, draw: Draw) -> Tensor:
        """Return a window's samples, shuffled."""
        shards = torch.randperm(len(self.sizes), generator=draw("shards"))
        sizes = self.sizes[shards]
        ends = sizes.cumsum(0)
        places = torch.arange(index * self.window, min((index + 1) * self.window, count))
        nth = torch.searchsorted(ends, places, right=True)
        starts = (self.sizes.cumsum(0) - self.sizes)[shards]
        rows = starts[nth] + places - (ends - sizes)[nth]
        return rows[torch.randperm(len(rows), generator=draw("window", index))]
