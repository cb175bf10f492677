"""Random numbers as a function of where training is, never of what was drawn before.

A stream is named by the seed, a position (an update, an epoch...) and a purpose. Evaluating, sampling, changing the
number of workers or stopping and resuming cannot shift it. A batch spread over several processes draws the numbers
of the whole batch and keeps its own rows, so that a run is the same run on one process and on many.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
_START = 0x9E3779B97F4A7C15


@lru_cache(maxsize=4096)
def _word(part: int | str) -> int:
    return part & _MASK if isinstance(part, int) else zlib.crc32(part.encode())


def _absorb(state: int, parts: tuple[int | str, ...]) -> int:
    """Go on hashing with the finaliser of SplitMix64, chained."""
    for part in parts:
        state = (state ^ (part & _MASK if isinstance(part, int) else _word(part))) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def mix(*parts: int | str) -> int:
    """Hash numbers and names to 63 bits, the same on every machine."""
    return _absorb(_START, parts) >> 1


class Randomness:
    """A family of random streams, keyed by position.

    Args:
        seed: Seed of the run.
        rank: This process among `world`.
        world: Number of processes that share every batch.
        device: Where the tensors are wanted; the CPU if None. Numbers are always drawn on the CPU in row-major order,
            so that they are the same on every device and in every memory format.
    """

    __slots__ = ("_state", "device", "rank", "world")

    def __init__(self, seed: int, rank: int = 0, world: int = 1, device: torch.device | None = None) -> None:
        self._state = _absorb(_START, (seed,))  # the hash so far: a step asks for many streams of one position
        self.rank = rank
        self.world = world
        self.device = device or torch.device("cpu")

    def at(self, *position: int | str) -> Randomness:
        """Narrow the stream down to a position within this one."""
        narrowed = object.__new__(Randomness)
        narrowed._state = _absorb(self._state, position)
        narrowed.rank, narrowed.world, narrowed.device = self.rank, self.world, self.device
        return narrowed

    def generator(self, *purpose: int | str) -> torch.Generator:
        """Return a CPU generator seeded by this position and `purpose`, the same on every rank."""
        return torch.Generator().manual_seed(_absorb(self._state, purpose) >> 1)

    @contextmanager
    def layers(self) -> Iterator[None]:
        """Make what layers draw by themselves, such as noise, a function of this position for the time being."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(_absorb(self._state, ("layers",)) >> 1)
            yield

    def normal(self, purpose: str, *shape: int) -> Tensor:
        """Draw ``shape`` standard normal numbers; the first dimension counts this rank's samples."""
        return self._own(torch.randn(self._whole(shape), generator=self.generator(purpose)))

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Draw ``shape`` numbers from [0, 1); the first dimension counts this rank's samples."""
        return self._own(torch.rand(self._whole(shape), generator=self.generator(purpose)))

    def choice(self, purpose: str, weights: Tensor, count: int) -> Tensor:
        """Draw ``[count]`` indices with probabilities proportional to `weights`, with replacement."""
        generator = self.generator(purpose)
        return self._own(torch.multinomial(weights, count * self.world, replacement=True, generator=generator))

    def _whole(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape if self.world == 1 else (shape[0] * self.world, *shape[1:])

    def _own(self, whole: Tensor) -> Tensor:
        if self.world > 1:
            rows = len(whole) // self.world
            whole = whole[self.rank * rows : (self.rank + 1) * rows]
        return whole.to(self.device)
