"""A process that does jobs, one after another: a job comes in as a line of JSON, a line goes out when it is done.

It is started by `runner`; what jobs print goes to their folders.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.cli.console import quiet
from gan_lightning.errors import one_line
from gan_lightning.recipe import check
from gan_lightning.run import cache_folder
from gan_lightning.study.jobs import Job, job_folder, write_result
from gan_lightning.study.measures import measure_class
from gan_lightning.study.measures.base import Setting
from gan_lightning.study.schema import Task


def perform(root: Path, job: Job, catalog: Catalog) -> bool:
    """Do a job and write its result, whatever comes of it.

    Returns:
        Whether it has succeeded.
    """
    folder = job_folder(root, job)
    _make_room(folder, job)
    started = time.monotonic()
    try:
        setting = Setting(check(job.recipe, catalog), check(job.early, catalog), catalog, folder, cache_folder())
        measured = measure_class(job.task.measure)(**job.task.options)(setting)
        result: dict[str, Any] = {"status": "done", **measured.as_dict()}
    except (Exception, SystemExit) as error:  # whatever it is, it is this job's trouble and not the study's
        traceback.print_exc()
        result = {"status": "failed", "error": one_line(f"{type(error).__name__}: {error}")}
    versions = {name: version(name) for name in ("gan-lightning", "torch", "lightning")}
    facts = {"seconds": round(time.monotonic() - started, 2), "seed": job.seed, "versions": versions}
    write_result(root, job, {**result, **facts})
    return bool(result["status"] == "done")


def serve(root: Path) -> None:
    """Do the jobs that are read from standard input."""
    torch.set_num_threads(1)
    quiet()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    catalog = Catalog.installed()
    for line in sys.stdin:
        job = from_line(line)
        with _printing_to(job_folder(root, job) / "log.txt"):
            done = perform(root, job, catalog)
        answers.write("done\n" if done else "failed\n")


def to_line(job: Job) -> str:
    """Write a job as a line of JSON."""
    return json.dumps({**vars(job), "task": vars(job.task)}, default=str) + "\n"


def from_line(line: str) -> Job:
    """Read what `to_line` wrote."""
    facts = json.loads(line)
    return Job(**{**facts, "task": Task(**facts["task"])})


def _make_room(folder: Path, job: Job) -> None:
    """Keep a run that was stopped half way, so that it goes on; remove what another job of that name has left."""
    note = folder / "digest"
    if not note.is_file() or note.read_text("utf-8") != job.digest:
        for name in ("run", "early"):
            shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(job.digest, "utf-8")


@contextmanager
def _printing_to(path: Path) -> Iterator[None]:
    """Send all that is printed, by libraries written in C as well, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(1), os.dup(2)
    with path.open("w") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, before in zip((1, 2), kept, strict=True):
                os.dup2(before, stream)
                os.close(before)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
