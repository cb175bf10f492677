"""What the data are: the facts that networks, games and drawings take their shapes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["images", "points"]


@dataclass(frozen=True)
class DataSpec:
    """Shape and classes of a data set, stated once for the whole recipe.

    Args:
        shape: Shape of one sample: ``(channels, height, width)`` of an image, ``(dimensions,)`` of a point.
        class_counts: Number of samples of each class; empty where the data have no labels.
        class_names: Names of the classes, in the order of their labels.
        kind: ``"images"`` are uint8 in the cache and floats in [-1, 1] for networks; ``"points"`` are floats as is.
    """

    shape: tuple[int, ...]
    class_counts: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    kind: Kind = "images"

    @property
    def classes(self) -> int:
        """Number of classes, 0 without labels."""
        return len(self.class_counts)

    def as_dict(self) -> dict[str, Any]:
        """Return plain containers, safe to keep in a checkpoint."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> DataSpec:
        """Rebuild from `as_dict`."""
        tuples: dict[str, Any] = {key: tuple(value) for key, value in facts.items() if isinstance(value, list)}
        return cls(**{**facts, **tuples})

    def __str__(self) -> str:
        channels, *size = self.shape
        shape = f"{channels} channels, {'x'.join(map(str, size))}" if size else f"{channels}-D points"
        return shape + (f", {self.classes} classes" if self.classes else "")
