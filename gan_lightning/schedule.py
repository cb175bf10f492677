"""Numbers that change as training goes on: any number of a recipe may be one.

lr: {cosine: {from: 2.0e-4, to: 5.0e-5, images: 20_000_000}}
weight: {linear: {from: 0.0, to: 10.0, steps: 1000, after: 500}}
lr: {exponential: {from: 0.1, to: 1.0e-6, steps: 2_878_238}}     divided by 1.000004 in each update
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gan_lightning.errors import UserError, nearest
from gan_lightning.game import Progress


@dataclass(frozen=True)
class Schedule:
    """A number that moves from one value to another and then stays.

    Args:
        curve: Name of the curve, a key of `CURVES`.
        start: Value at the beginning.
        end: Value at the end and after it.
        images: Real images over which it moves, or None.
        steps: Generator updates over which it moves, or None. Without both it moves from `after` to the end.
        after: Images or updates, in the same unit, that pass before it begins.
    """

    curve: str
    start: float
    end: float
    images: float | None = None
    steps: float | None = None
    after: float = 0.0

    def __call__(self, progress: Progress) -> float:
        """Return the value at a point of training."""
        in_images = self.images is not None
        length = (self.images if in_images else self.steps) or max(progress.steps - self.after, 1.0)
        passed = progress.images if in_images else progress.updates
        share = min(max((passed - self.after) / length, 0.0), 1.0)
        return CURVES[self.curve](self.start, self.end, share)

    def as_dict(self) -> dict[str, Any]:
        """Return the schedule as a recipe writes it."""
        values = {key: getattr(self, attribute) for key, attribute in _KEYS.items()}
        return {self.curve: {key: value for key, value in values.items() if value is not None}}


_Curve = Callable[[float, float, float], float]


def _linear(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def _cosine(start: float, end: float, share: float) -> float:
    return _linear(start, end, 0.5 - 0.5 * math.cos(math.pi * share))


def _step(start: float, end: float, share: float) -> float:
    return _linear(start, end, float(share >= 1.0))


def _exponential(start: float, end: float, share: float) -> float:
    return start * math.pow(end / start, share)


#: From where a number begins, where it ends, and the share of the way, to where it is.
CURVES: Mapping[str, _Curve] = {"linear": _linear, "cosine": _cosine, "step": _step, "exponential": _exponential}
_KEYS = {"from": "start", "to": "end", "images": "images", "steps": "steps", "after": "after"}


def is_schedule(value: Any) -> bool:
    """Tell whether a recipe's value is meant as a schedule: a mapping with one key that is not an option list."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(next(iter(value.values())), Mapping)


def parse_schedule(value: Mapping[str, Any], where: str) -> Schedule:
    """Read a schedule from a recipe.

    Raises:
        UserError: The curve or a key of it is unknown, missing or no number.
    """
    ((name, options),) = value.items()
    if name not in CURVES:
        raise UserError(f"{where}: there is no schedule {name!r}; {nearest(name, CURVES)}")
    for key, number in options.items():
        if key not in _KEYS:
            raise UserError(f"{where}.{name}: unknown key {key!r}; {nearest(key, _KEYS)}")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UserError(f"{where}.{name}.{key}: expected a number, got {number!r}")
    missing = {"from", "to"} - options.keys()
    if missing:
        raise UserError(f"{where}.{name}: {' and '.join(sorted(missing))} must be given")
    if {"images", "steps"} <= options.keys():
        raise UserError(f"{where}.{name}: give images or steps, not both")
    if name == "exponential" and not (options["from"] > 0 and options["to"] > 0):
        raise UserError(f"{where}.{name}: from and to must be above 0, since it changes by the same factor each time")
    return Schedule(name, **{_KEYS[key]: float(number) for key, number in options.items()})


@dataclass(frozen=True)
class Binding:
    """A schedule, and what to do with its value."""

    where: str
    schedule: Schedule
    assign: Callable[[float], None]

    def apply(self, progress: Progress) -> None:
        """Assign the value of this moment."""
        self.assign(self.schedule(progress))
