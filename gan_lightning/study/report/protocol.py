"""What the numbers of a report depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gan_lightning.study.report.blocks import Block, Grid, Heading, Paragraph
from gan_lightning.study.report.gather import Findings
from gan_lightning.study.schema import Task, Variant


def protocol_blocks(findings: Findings) -> list[Block]:
    """Return versions, seeds, base recipes, what each variant changes and how each task measures."""
    study = findings.study
    versions = ", ".join(f"{name} {number}" for name, number in sorted(findings.versions.items())) or "nothing done yet"
    seeds = ", ".join(str(seed) for seed in study.seeds)
    recipes = [[name, _short(recipe)] for name, recipe in study.recipes.items()]
    return [
        Heading(2, "Protocol"),
        Paragraph(f"{versions}; seeds {seeds}; baseline {study.baseline}; every job on one thread of a CPU."),
        Paragraph("Base recipes: same networks, data and budget for all variants."),
        Grid(["recipe", "settings"], recipes),
        Paragraph("Variants: what each changes of them."),
        Grid(["variant", "changes"], [[variant.name, _changes(variant)] for variant in study.variants]),
        Paragraph("Measurements; hashes are of the data and of the extractor's weights."),
        Grid(["task", "measured", "depends on"], [_task(task, findings.protocols) for task in study.tasks]),
    ]


def _task(task: Task, protocols: Mapping[str, Mapping[str, Any]]) -> list[str]:
    options = f"{task.measure} on {task.recipe} {_short(task.options)}"
    return [task.name, options, _short(protocols.get(task.name, {}))]


def _changes(variant: Variant) -> str:
    parts = [_short(variant.changes)] if variant.changes else []
    for name, changes in variant.per_recipe.items():
        parts.append(f"on {name}: {'not measured' if changes is None else _short(changes)}")
    return "; ".join(parts) or "nothing"


def _short(value: Any) -> str:
    """Write plain containers in one line, without the quotes of keys."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_short(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_short(part) for part in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)
