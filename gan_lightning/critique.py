"""What a discriminator returns: logits, and whatever else it tells of the samples it judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from torch import Tensor


@dataclass
class Critique:
    """A discriminator's opinion of N samples. Losses read critiques, so that one signature serves them all.

    Args:
        logits: Raw scores ``[N]`` (or ``[N, ...]`` of patches), HIGH for real.
        samples: The samples judged, ``[N, *shape]``; the game fills them in.
        labels: The classes they were judged with, ``[N]``; the game fills them in.
        features: Inner activations ``[N, D]``, of discriminators that offer them.
        extras: Anything else by name, such as the scores of each class ``[N, K]`` or an inferred latent code.
    """

    logits: Tensor
    samples: Tensor | None = None
    labels: Tensor | None = None
    features: Tensor | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


def rows_of(critique: Critique, rows: slice) -> Critique:
    """Return the opinion of some of the samples that were judged."""
    return Critique(
        critique.logits[rows],
        samples=None if critique.samples is None else critique.samples[rows],
        labels=None if critique.labels is None else critique.labels[rows],
        features=None if critique.features is None else critique.features[rows],
        extras={name: value[rows] if isinstance(value, Tensor) else value for name, value in critique.extras.items()},
    )


_FIELDS = frozenset(entry.name for entry in fields(Critique))


class DeferredCritique(Critique):
    """A critique that is made when one of its fields is first read, and at most once."""

    def __init__(self, judge: Callable[[], Critique]) -> None:
        self._judge = judge
        self._made: Critique | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIELDS:
            raise AttributeError(f"a critique is not written to: {name}")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"DeferredCritique({'not made' if self._made is None else self._made!r})"

    @property
    def made(self) -> Critique | None:
        """The critique, if a field of it has been read."""
        return self._made

    def __getattribute__(self, name: str) -> Any:
        if name not in _FIELDS:
            return super().__getattribute__(name)
        if self._made is None:
            self._made = self._judge()
        return getattr(self._made, name)
