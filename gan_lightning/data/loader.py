"""The order in which real samples are seen: a function of the seed and the position, endless and exact.

Position p of a run is sample ``p % N`` of the permutation of epoch ``p // N``. Nothing is drawn from a state, so that a
run that resumes, or one spread over other processes, continues with the very samples it would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from gan_lightning.data.batch import Batch
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
        self._permutation = lru_cache(maxsize=2)(self._shuffle)
        self._mirrored = lru_cache(maxsize=2)(self._toss)

    def __iter__(self) -> Iterator[Batch]:
        position = self.start
        while True:
            plan = self.plan(position)
            yield self._take(self._positions(position, plan))
            position += plan.images

    def _positions(self, start: int, plan: Plan) -> Tensor:
        own = plan.size // self.share.world
        within = torch.arange(own) + self.share.rank * own
        return (start + torch.arange(plan.batches)[:, None] * plan.size + within).flatten()

    def _take(self, positions: Tensor) -> Batch:
        size = len(self.samples)
        epochs, places = positions // size, positions % size
        rows = _look_up(self._permutation, epochs, places)
        flips = _look_up(self._mirrored, epochs, rows) if self.flip else None
        labels = None if self.samples.labels is None else self.samples.labels[rows]
        return Batch(self.samples.values[rows], labels, flips, self.memory_format)

    def _shuffle(self, epoch: int) -> Tensor:
        return torch.randperm(len(self.samples), generator=self._generator("order", epoch))

    def _toss(self, epoch: int) -> Tensor:
        return torch.rand(len(self.samples), generator=self._generator("flip", epoch)) < 0.5

    def _generator(self, purpose: str, epoch: int) -> torch.Generator:
        return torch.Generator().manual_seed(mix(self.seed, purpose, epoch))


def _look_up(table: Callable[[int], Tensor], epochs: Tensor, rows: Tensor) -> Tensor:
    """Return entry ``rows[i]`` of the table of epoch ``epochs[i]``; a batch seldom touches more than one or two."""
    first, last = int(epochs[0]), int(epochs[-1])
    if first == last:
        return table(first)[rows]
    return torch.cat([table(epoch)[rows[epochs == epoch]] for epoch in range(first, last + 1)])
