"""What a study says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Variant:
    """One of the things that are compared.

    Args:
        name: What it is called.
        changes: Sections of a recipe that are laid over every base recipe.
        per_recipe: Further sections for single base recipes by name; null where the variant is not measured on one.
    """

    name: str
    changes: Mapping[str, Any]
    per_recipe: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A measurement that is made of every variant.

    Args:
        name: What it is called; unique over all axes.
        axis: The question that it helps to answer.
        measure: The kind of measurement, and its options.
        options: Options of the measurement, checked.
        recipe: Name of the base recipe.
        ranks: Values by which variants are ranked on the axis; none where it is only drawn.
    """

    name: str
    axis: str
    measure: str
    options: Mapping[str, Any]
    recipe: str
    ranks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """Something that was said elsewhere and is checked against the measured values.

    Args:
        text: What was said.
        value: ``task.value``, such as ``digits.fid``.
        variant: Whose value.
        expect: Whether that value should be ``better`` than the other, ``above``, ``below`` or ``near`` it.
        than: The other: a variant, for the same value, or a number.
        tolerance: Largest difference that counts as near.
        source: Where it was said.
    """

    text: str
    value: str
    variant: str
    expect: Literal["better", "above", "below", "near"]
    than: str | float
    tolerance: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Study:
    """A whole study, checked.

    Args:
        name: What it is called.
        title: What it asks, for the report.
        baseline: The variant that the others are measured against.
        seeds: Seeds of training; each is a repetition.
        recipes: Base recipes by name, as plain containers.
        variants: What is compared, in the order of the report.
        tasks: What is measured, axis by axis.
        claims: What is checked in the end.
    """

    name: str
    title: str
    baseline: str
    seeds: tuple[int, ...]
    recipes: Mapping[str, Mapping[str, Any]]
    variants: tuple[Variant, ...]
    tasks: tuple[Task, ...]
    claims: tuple[Claim, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        """The questions, in order."""
        return tuple(dict.fromkeys(task.axis for task in self.tasks))
