"""``gan-lightning study``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out, quiet


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(study)


def study(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A study's YAML file, or its name in studies/.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="Settings laid over it: key.sub=value ...")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Its folder; runs/study-NAME if not given.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at once; one a core if not given.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="AXIS_OR_TASK[/VARIANT[/SEED]], patterns allowed; may be repeated.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Measure nothing, write the report anew.")] = False,  # noqa: FBT002
    list_jobs: Annotated[bool, typer.Option("--list", help="Show the jobs and what has come of them.")] = False,  # noqa: FBT002
) -> None:
    """Measure which change cures vanishing gradients, poor images and missing modes."""
    quiet()
    from gan_lightning.study.jobs import all_jobs, read_result, select
    from gan_lightning.study.loading import find_study, load_study
    from gan_lightning.study.report import write_report
    from gan_lightning.study.runner import run_jobs

    asked = load_study(find_study(name), overrides or [], context.obj)
    root = folder or Path("runs") / f"study-{asked.name}"
    everything = all_jobs(asked, context.obj)
    chosen = select(everything, only or [])
    if list_jobs:
        for job in chosen:
            result = read_result(root, job)
            out.print(f"{job.key}  {result['status'] if result else 'to do'}")
        return
    failed = 0 if report else run_jobs(root, chosen, jobs or os.cpu_count() or 1)
    page = write_report(root, asked, everything)
    out.print(
        f"{f'{failed} of {len(chosen)} jobs failed; ' if failed else ''}report in {page} and {page.with_suffix('.md')}"
    )
