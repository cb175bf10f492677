"""Jobs: each measures one variant once, with one seed, in a folder of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from gan_lightning.catalog import Catalog
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning.recipe import Recipe, check
from gan_lightning.recipe.merging import lay_over
from gan_lightning.recipe.options import OptionError
from gan_lightning.study.schema import Study, Task, Variant

#: Raised whenever a measurement means something else than before, so that no old result is taken for a new one.
FORMAT = 1


@dataclass(frozen=True)
class Job:
    """One measurement of one variant with one seed.

    Args:
        task: What is measured.
        variant: Of what.
        seed: Seed of all that is drawn.
        recipe: The variant's recipe on the task's data, as plain containers.
        early: The base recipe without the variant's changes, for measurements that begin with a common generator.
    """

    task: Task
    variant: str
    seed: int
    recipe: dict[str, Any]
    early: dict[str, Any]

    @property
    def key(self) -> str:
        """What it is called, and its place below the study's folder of jobs."""
        return f"{self.task.name}/{self.variant}/seed-{self.seed}"

    @property
    def digest(self) -> str:
        """Hash of all that its result depends on."""
        facts = {"format": FORMAT, **asdict(self)}
        facts["task"] = {"measure": self.task.measure, "options": dict(self.task.options)}
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def matches(self, pattern: str) -> bool:
        """Tell whether ``AXIS_OR_TASK[/VARIANT[/SEED]]``, each a name or a pattern such as ``w*``, means this job."""
        wanted = pattern.split("/")
        if not any(fnmatchcase(name, wanted[0]) for name in (self.task.axis, self.task.name)):
            return False
        found = (self.variant, str(self.seed))
        return len(wanted) <= 3 and all(fnmatchcase(*pair) for pair in zip(found, wanted[1:], strict=False))


def all_jobs(study: Study, catalog: Catalog) -> list[Job]:
    """Return every job of a study: seed by seed, so that early results compare all variants.

    Raises:
        OptionError: A variant's recipe is wrong.
    """
    jobs = []
    for seed in study.seeds:
        for task in study.tasks:
            for variant in study.variants:
                recipe = recipe_of(study, task, variant, seed, catalog)
                if recipe is not None:
                    early = plain_recipe(study, task, None, seed)
                    jobs.append(Job(task, variant.name, seed, recipe.as_dict(), early))
    return jobs


def select(jobs: Sequence[Job], patterns: Sequence[str]) -> list[Job]:
    """Return the jobs that any of the patterns means, all of them without patterns.

    Raises:
        UserError: A pattern means none.
    """
    for pattern in patterns:
        if not any(job.matches(pattern) for job in jobs):
            names = sorted({name for job in jobs for name in (job.task.axis, job.task.name)})
            told = f"there are {', '.join(names)}, and variants {', '.join(dict.fromkeys(job.variant for job in jobs))}"
            raise UserError(f"--only {pattern}: no job matches; expected AXIS_OR_TASK[/VARIANT[/SEED]]; {told}")
    return [job for job in jobs if not patterns or any(job.matches(pattern) for pattern in patterns)]


def recipe_of(study: Study, task: Task, variant: Variant, seed: int, catalog: Catalog) -> Recipe | None:
    """Return a variant's recipe on what a task is measured on, None where it is not measured there.

    Raises:
        OptionError: It is wrong; the message names variant, base recipe and key.
    """
    if variant.per_recipe.get(task.recipe, {}) is None:
        return None
    try:
        return check(plain_recipe(study, task, variant, seed), catalog)
    except UserError as error:
        raise OptionError(f"variants.{variant.name} on recipes.{task.recipe}", str(error)) from error


def plain_recipe(study: Study, task: Task, variant: Variant | None, seed: int) -> dict[str, Any]:
    """Return a base recipe with a variant's changes and the seed; pictures and logs only where it asks for them."""
    recipe: Any = lay_over(_QUIET, study.recipes[task.recipe])
    if variant is not None:
        recipe = lay_over(lay_over(recipe, variant.changes), variant.per_recipe.get(task.recipe) or {})
    name = task.recipe if variant is None else variant.name
    return {**recipe, "seed": seed, "run": {"name": name}}


_QUIET = {"sample": None, "trainer": {"accelerator": "cpu", "devices": 1}}


def job_folder(root: Path, job: Job) -> Path:
    """Return where a job keeps everything."""
    return root / "jobs" / job.key


def read_result(root: Path, job: Job) -> dict[str, Any] | None:
    """Return what a job has come to, None if it has not or if it was another job then."""
    path = job_folder(root, job) / "result.json"
    try:
        result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return result if result.get("digest") == job.digest else None


def write_result(root: Path, job: Job, result: dict[str, Any]) -> None:
    """Write what a job has come to, in one step."""
    with replacing(job_folder(root, job) / "result.json") as temporary:
        temporary.write_text(json.dumps({"digest": job.digest, **result}, allow_nan=False, indent=1), "utf-8")
