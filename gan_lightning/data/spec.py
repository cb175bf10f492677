"""What the data are: the facts that networks, games and drawings take their shapes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
        partners: Shapes of the images that go with the samples, by name.
    """

    shape: tuple[int, ...]
    class_counts: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    kind: Kind = "images"
    partners: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """Number of classes, 0 without labels."""
        return len(self.class_counts)

    def as_dict(self) -> dict[str, Any]:
        """Return plain containers, safe to keep in a checkpoint."""
        facts = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {**facts, "partners": {name: list(shape) for name, shape in self.partners.items()}}

    def __str__(self) -> str:
        channels, *size = self.shape
        shape = f"{channels} channels, {'x'.join(map(str, size))}" if size else f"{channels}-D points"
        return shape + (f", {self.classes} classes" if self.classes else "")
