"""What a measurement is given and what it returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from gan_lightning.catalog import Catalog
from gan_lightning.recipe import Recipe

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Setting:
    """What one measurement is about.

    Args:
        recipe: The variant's recipe.
        early: The base recipe, the same for all variants.
        catalog: The components there are.
        folder: Where the job keeps what it makes.
        cache: Folder of decoded data and features, which outlives the job.
    """

    recipe: Recipe
    early: Recipe
    catalog: Catalog
    folder: Path
    cache: Path


@dataclass(frozen=True)
class Curve:
    """A line of a figure that has one for each variant.

    Args:
        name: Which figure.
        x_label: What lies along the figure, with its unit.
        y_label: What is drawn, with its unit.
        x: Places.
        y: Values at them.
        logarithmic: Axes with a logarithmic scale: any of ``"x"`` and ``"y"``.
    """

    name: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    logarithmic: str = ""


@dataclass(frozen=True)
class Measured:
    """What a measurement has found.

    Args:
        values: Numbers by name.
        better: For each of them, which way is better.
        curves: What is drawn of it.
        protocol: What the numbers depend on besides the recipe.
        strip: A picture of samples in the job's folder.
    """

    values: Mapping[str, float]
    better: Mapping[str, Direction]
    curves: tuple[Curve, ...] = ()
    protocol: Mapping[str, Any] = field(default_factory=dict)
    strip: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain containers."""
        return asdict(self)


@dataclass(frozen=True)
class Measure(ABC):
    """A kind of measurement; its fields are its options in a study."""

    @abstractmethod
    def values(self, catalog: Catalog, where: str) -> tuple[str, ...]:
        """Return the names of the values that it gives.

        Raises:
            UserError: An option names what is not there; `where` is the task's key.
        """

    @abstractmethod
    def __call__(self, setting: Setting) -> Measured:
        """Measure one variant with one seed.

        Raises:
            UserError: It cannot be measured so.
        """
