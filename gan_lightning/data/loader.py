"""The order in which real samples are seen: a function of the seed and the position, endless and exact.

Position p of a run is place ``p % N`` of epoch ``p // N``, which the data set's `Order` fills. Nothing is drawn from a
state, so that a run that resumes, or one spread over other processes, continues with the very samples it would have
seen. Samples that must be decoded are decoded on other threads, a round ahead of training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor

from gan_lightning.data.batch import Batch
from gan_lightning.data.parallel import Ahead
from gan_lightning.data.samples import Samples
from gan_lightning.randomness import mix


@dataclass(frozen=True)
class Share:
    """The part of every batch that this process sees: slice `rank` of `world` equal ones."""

    rank: int = 0
    world: int = 1


@dataclass(frozen=True)
class Plan:
    """What a round draws: `batches` batches of `size` samples each, over all processes."""

    batches: int
    size: int

    @property
    def images(self) -> int:
        """Samples drawn over all processes."""
        return self.batches * self.size


@dataclass(frozen=True)
class _Round:
    start: int
    plan: Plan


class RoundLoader:
    """Yields, for every round, the real samples of all its turns in one `Batch`.

    Args:
        samples: The data.
        plan: Tells what a round draws, from the number of images drawn before it.
        seed: Seed of the permutations and flips.
        start: Images drawn so far, over all processes.
        share: The slice of every batch that this process takes.
        flip: Whether to mirror images, each with probability 1/2 in each epoch.
        memory_format: How images are laid out for the networks.
    """

    def __init__(
        self,
        samples: Samples,
        plan: Callable[[int], Plan],
        seed: int,
        *,
        start: int = 0,
        share: Share | None = None,
        flip: bool = False,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        self.samples = samples
        self.plan = plan
        self.seed = seed
        self.start = start
        self.share = share or Share()
        self.flip = flip
        self.memory_format = memory_format
        self._piece_size = samples.order.piece_size(len(samples))
        self._pieces = -(-len(samples) // self._piece_size)
        self._ordered = lru_cache(maxsize=2)(self._shuffle)
        self._mirrored = lru_cache(maxsize=2)(self._toss)

    def __iter__(self) -> Iterator[Batch]:
        at_hand = isinstance(self.samples.values, Tensor)
        return map(self._take, self._rounds()) if at_hand else self._decoded_ahead()

    def _decoded_ahead(self) -> Iterator[Batch]:
        with Ahead(self._take) as ahead:
            for now in self._rounds():
                after = now.start + now.plan.images
                yield ahead.take(now, _Round(after, self.plan(after)))

    def _rounds(self) -> Iterator[_Round]:
        """Yield rounds, each planned when it is asked for."""
        position = self.start
        while True:
            now = _Round(position, self.plan(position))
            yield now
            position += now.plan.images

    def _take(self, now: _Round) -> Batch:
        own = now.plan.size // self.share.world
        first = now.start + self.share.rank * own
        runs = [(first + batch * now.plan.size, own) for batch in range(now.plan.batches)]
        if self.share.world == 1:
            runs = [(now.start, now.plan.images)]
        parts = [part for begin, length in runs for part in self._cut(begin, begin + length)]
        rows = _joined([rows for _, rows in parts])
        flips = _joined([self._mirrored(epoch)[rows] for epoch, rows in parts]) if self.flip else None
        labels = None if self.samples.labels is None else self.samples.labels[rows]
        return Batch(self.samples.take(rows), labels, flips, self.memory_format)

    def _cut(self, begin: int, end: int) -> Iterator[tuple[int, Tensor]]:
        """Yield epochs, and the samples seen in each, of consecutive positions."""
        while begin < end:
            epoch, place = divmod(begin, len(self.samples))
            piece, offset = divmod(place, self._piece_size)
            rows = self._ordered(epoch * self._pieces + piece)[offset : offset + end - begin]
            yield epoch, rows
            begin += len(rows)

    def _shuffle(self, piece: int) -> Tensor:
        epoch, index = divmod(piece, self._pieces)
        return self.samples.order.piece(index, len(self.samples), partial(self._generator, "order", epoch))

    def _toss(self, epoch: int) -> Tensor:
        return torch.rand(len(self.samples), generator=self._generator("flip", epoch)) < 0.5

    def _generator(self, *purpose: int | str) -> torch.Generator:
        return torch.Generator().manual_seed(mix(self.seed, *purpose))


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)
