"""What a turn draws, noted once and then given to it from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch import Tensor

from gan_lightning.compiled.checks import refuse
from gan_lightning.randomness import Randomness


@dataclass(frozen=True)
class Draw:
    """Something a turn draws, and how to draw it again in another turn."""

    position: tuple[int | str, ...]
    kind: str
    given: tuple[Any, ...]

    def again(self, random: Randomness) -> Tensor:
        """Draw it from another stream."""
        drawn: Tensor = getattr(random.at(*self.position), self.kind)(*self.given)
        return drawn


class Recording(Randomness):
    """Notes what is drawn, in order."""

    __slots__ = ("draws", "position", "root")

    def __init__(self, root: Randomness, draws: list[Draw], position: tuple[int | str, ...] = ()) -> None:
        self.root, self.draws, self.position = root, draws, position
        self.rank, self.world, self.device = root.rank, root.world, root.device

    def at(self, *position: int | str) -> Randomness:
        """Narrow down; what is drawn there is noted with the position."""
        return Recording(self.root, self.draws, (*self.position, *position))

    def generator(self, *purpose: int | str) -> NoReturn:
        """Refuse: what is drawn with a generator is not seen here."""
        refuse(f"a turn asks for a generator ({purpose}), which cannot be an input")

    def normal(self, purpose: str, *shape: int) -> Tensor:
        """Draw, and note it; see `Randomness.normal`."""
        return self._note("normal", purpose, *shape)

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Draw, and note it; see `Randomness.uniform`."""
        return self._note("uniform", purpose, *shape)

    def choice(self, purpose: str, weights: Tensor, count: int) -> Tensor:
        """Draw, and note it; see `Randomness.choice`."""
        return self._note("choice", purpose, weights, count)

    def _note(self, kind: str, *given: Any) -> Tensor:
        self.draws.append(Draw(self.position, kind, given))
        return self.draws[-1].again(self.root)


class Replayed(Randomness):
    """Gives what was drawn before, in the same order."""

    __slots__ = ("rest",)

    def __init__(self, draws: Sequence[Tensor]) -> None:
        self.rest = iter(draws)
        self.rank, self.world, self.device = 0, 1, torch.device("cpu")

    def at(self, *position: int | str) -> Randomness:
        """Stay: draws come in the order in which they were noted, whatever the position."""
        del position
        return self

    def normal(self, purpose: str, *shape: int) -> Tensor:
        """Return the next draw."""
        del purpose, shape
        return next(self.rest)

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Return the next draw."""
        del purpose, shape
        return next(self.rest)

    def choice(self, purpose: str, weights: Tensor, count: int) -> Tensor:
        """Return the next draw."""
        del purpose, weights, count
        return next(self.rest)
