"""All results of a study, by task, value, variant and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_lightning.study.jobs import Job, job_folder, read_result
from gan_lightning.study.schema import Study

#: Numbers of one value: by variant, then by seed.
Numbers = Mapping[str, Mapping[int, float]]


@dataclass
class Findings:
    """What the jobs of a study have come to.

    Args:
        study: The study.
        numbers: By ``(task, value)``, in the tasks' order.
        better: ``"lower"`` or ``"higher"`` by ``(task, value)``.
        curves: For each ``(task, figure)``, the curves of each variant, one a seed, as plain containers.
        strips: Pictures by ``(task, variant)``, of the first seed that has one.
        protocols: What the numbers of each task depend on.
        failures: Keys of jobs that failed, with the error.
        missing: How many jobs have no result yet.
        seconds: Time that the jobs took, all together.
        versions: Versions of the packages that made the results.
    """

    study: Study
    numbers: dict[tuple[str, str], dict[str, dict[int, float]]] = field(default_factory=dict)
    better: dict[tuple[str, str], str] = field(default_factory=dict)
    curves: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    strips: dict[tuple[str, str], Path] = field(default_factory=dict)
    protocols: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)

    def of(self, task: str, value: str) -> Numbers:
        """Return the numbers of a value, none if nothing was measured yet."""
        return self.numbers.get((task, value), {})


def gather(root: Path, study: Study, jobs: Sequence[Job]) -> Findings:
    """Read the results of all jobs."""
    findings = Findings(study)
    for job in sorted(jobs, key=lambda job: [task.name for task in study.tasks].index(job.task.name)):
        result = read_result(root, job)
        if result is None:
            findings.missing += 1
        elif result["status"] == "failed":
            findings.failures[job.key] = result["error"]
        else:
            _take(findings, root, job, result)
    return findings


def _take(findings: Findings, root: Path, job: Job, result: Mapping[str, Any]) -> None:
    task, variant = job.task.name, job.variant
    findings.seconds += result["seconds"]
    findings.versions.update(result["versions"])
    findings.protocols.setdefault(task, dict(result["protocol"]))
    for value, number in result["values"].items():
        findings.better[task, value] = result["better"][value]
        findings.numbers.setdefault((task, value), {}).setdefault(variant, {})[job.seed] = number
    for curve in result["curves"]:
        findings.curves.setdefault((task, curve["name"]), {}).setdefault(variant, []).append(curve)
    if result["strip"]:
        findings.strips.setdefault((task, variant), job_folder(root, job) / result["strip"])
