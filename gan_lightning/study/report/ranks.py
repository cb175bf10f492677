"""Scores on the axes: the share of the other variants that one beats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from gan_lightning.study.report.gather import Findings
from gan_lightning.study.report.statistics import difference

_SIGNS = {"lower": -1.0, "higher": 1.0}


def axis_scores(findings: Findings, axis: str) -> dict[str, dict[int, float]]:
    """Return each variant's score on an axis by seed: 1 is best, 0 worst.

    It is the mean, over the values that rank on the axis, of the share of other variants that are worse at the same
    seed; equal ones count half. Ranks and not values, since values have different units and one run that diverged
    would dwarf all other differences. A variant that failed or is not measured somewhere is ranked by the rest.
    """
    shares: dict[str, dict[int, list[float]]] = {}
    for task in findings.study.tasks:
        for value in task.ranks if task.axis == axis else ():
            for seed in findings.study.seeds:
                for variant, share in _beaten(findings, task.name, value, seed).items():
                    shares.setdefault(variant, {}).setdefault(seed, []).append(share)
    return {variant: {seed: fmean(found) for seed, found in seeds.items()} for variant, seeds in shares.items()}


def covered(findings: Findings, scores: Mapping[str, Mapping[int, float]], variant: str) -> str:
    """Return ``better`` or ``worse`` where a variant is that by two standard errors, else ``undecided``."""
    found = difference(scores.get(variant, {}), scores.get(findings.study.baseline, {}))
    if found is None or not found.decided:
        return "undecided"
    return "better" if found.mean > 0 else "worse"


def _beaten(findings: Findings, task: str, value: str, seed: int) -> dict[str, float]:
    """Return the share of other variants that each variant is better than."""
    sign = _SIGNS[findings.better.get((task, value), "higher")]
    found = {name: sign * seeds[seed] for name, seeds in findings.of(task, value).items() if seed in seeds}
    if len(found) < 2:
        return {}
    return {name: _share_below(number, found.values()) for name, number in found.items()}


def _share_below(number: float, numbers: Iterable[float]) -> float:
    others = list(numbers)
    below = sum(1.0 if other < number else 0.5 for other in others if other <= number) - 0.5  # itself is an equal one
    return below / (len(others) - 1)
