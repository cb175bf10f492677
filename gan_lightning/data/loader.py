"""The order in which real samples are seen: a function of the seed and the position, endless and exact.

Position p of a run is place ``p % N`` of epoch ``p // N``, which the data set's `Order` fills. Nothing is drawn from a
state, so that a run that resumes, or one spread over other processes, continues with the very samples it would have
seen. Samples that must be decoded are decoded on other threads, a round ahead of training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lightning.data.batch import Batch
from gan_lightning.data.order import Shuffled
from gan_lightning.data.parallel import Ahead
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.data.stream import Stream, joined


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
        self._stream = Stream(len(samples), samples.order, seed)
        self._partners = {
            name: Stream(len(partner.values), Shuffled(), seed, "partner", name)
            for name, partner in samples.partners.items()
            if not partner.paired
        }

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
        rows = self._stream.rows(runs)
        flips = self._stream.flips(rows) if self.flip else None
        numbers = joined([part for _, part in rows])
        labels = None if self.samples.labels is None else self.samples.labels[numbers]
        partners = {
            name: self._partner(name, partner, runs, numbers, flips) for name, partner in self.samples.partners.items()
        }
        return Batch(self.samples.take(numbers), labels, flips, self.memory_format, partners)

    def _partner(
        self, name: str, partner: Partner, runs: list[tuple[int, int]], numbers: Tensor, flips: Tensor | None
    ) -> Batch:
        """Return what goes with the samples: their other halves, or as many of another set in its own order."""
        if not partner.paired:
            stream = self._partners[name]
            rows = stream.rows(runs)
            flips = stream.flips(rows) if self.flip else None
            numbers = joined([part for _, part in rows])
        return Batch(partner.take(numbers), None, flips, self.memory_format)
