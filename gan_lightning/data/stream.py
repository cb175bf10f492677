"""Which samples stand at which positions of a run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import torch
from torch import Tensor

from gan_lightning.data.order import Order
from gan_lightning.randomness import mix


class Stream:
    """The endless order of one set of samples: position p is place ``p % count`` of epoch ``p // count``.

    Args:
        count: How many samples there are.
        order: How each epoch is shuffled.
        seed: Seed of the order and the flips.
        purpose: Keeps the orders of several sets apart.
    """

    def __init__(self, count: int, order: Order, seed: int, *purpose: str) -> None:
        self._count = count
        self._order = order
        self._seed = seed
        self._purpose = purpose
        self._piece_size = order.piece_size(count)
        self._pieces = -(-count // self._piece_size)
        self._ordered = lru_cache(maxsize=2)(self._shuffle)
        self._mirrored = lru_cache(maxsize=2)(self._toss)

    def rows(self, runs: list[tuple[int, int]]) -> list[tuple[int, Tensor]]:
        """Return epochs, and the samples int64 ``[n]`` seen in each.

        Args:
            runs: Consecutive positions, each as the first and how many.
        """
        return [part for begin, length in runs for part in self._cut(begin, begin + length)]

    def flips(self, rows: list[tuple[int, Tensor]]) -> Tensor:
        """Return which samples of `rows` are mirrored, bool ``[n]``: each with probability 1/2 in each epoch."""
        return joined([self._mirrored(epoch)[numbers] for epoch, numbers in rows])

    def _cut(self, begin: int, end: int) -> Iterator[tuple[int, Tensor]]:
        while begin < end:
            epoch, place = divmod(begin, self._count)
            piece, offset = divmod(place, self._piece_size)
            rows = self._ordered(epoch * self._pieces + piece)[offset : offset + end - begin]
            yield epoch, rows
            begin += len(rows)

    def _shuffle(self, piece: int) -> Tensor:
        epoch, index = divmod(piece, self._pieces)
        return self._order.piece(index, self._count, partial(self._generator, "order", epoch))

    def _toss(self, epoch: int) -> Tensor:
        return torch.rand(self._count, generator=self._generator("flip", epoch)) < 0.5

    def _generator(self, *purpose: int | str) -> torch.Generator:
        return torch.Generator().manual_seed(mix(self._seed, *self._purpose, *purpose))


def joined(parts: list[Tensor]) -> Tensor:
    """Return one tensor of several, itself if it is the only one."""
    return parts[0] if len(parts) == 1 else torch.cat(parts)
