"""``gan-lightning evaluate`` and ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet, table

if TYPE_CHECKING:
    from gan_lightning.metrics.evaluator import Result


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(evaluate)
    cli.command()(compare)


def evaluate(
    context: typer.Context,
    subject: Annotated[Path, typer.Argument(help="A checkpoint, a run folder, or a folder or zip of images.")],
    data: Annotated[
        list[str] | None, typer.Option(help="Real data: a name, a path, or name=folder path=DIR ... (repeatable).")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Generated samples to score.")] = None,
    metrics: Annotated[str | None, typer.Option(help="Metrics, separated by commas.")] = None,
    extractor: Annotated[list[str] | None, typer.Option(help="Extractor: a name, or name=... weights=PATH.")] = None,
    seed: Annotated[int, typer.Option(help="Names the generated samples.")] = 0,
    truncation: Annotated[float | None, typer.Option(help="How typical they shall be, such as 0.7.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The raw generator instead of its average.")] = False,  # noqa: FBT002
    standing: Annotated[
        int | None,
        typer.Option("--standing-statistics", min=1, help="Forwards to average batch statistics over before."),
    ] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Append the scores to this results.jsonl.")] = None,
) -> None:
    """Score a trained generator, or a folder of images, against real data."""
    quiet()
    from gan_lightning.cli.subjects import Request, open_subject
    from gan_lightning.performance import keep_memory, keeping_memory_pays

    if keeping_memory_pays():
        keep_memory()
    request = Request(data, metrics, extractor, samples, seed, "raw" if raw else "ema", truncation, standing)
    opened = open_subject(subject, request, context.obj)
    results = opened.evaluator.evaluate(opened.fakes, opened.generator)
    for result in results:
        out.print(", ".join(f"{name} {value:.6g}" for name, value in result.values.items()))
        out.print(f"  protocol {result.protocol.digest}: {_told(result)}")
    if out_file is not None:
        from gan_lightning.metrics.results import append_results

        append_results(out_file, results, step=opened.updates, images=opened.images)
        out.print(f"appended to {out_file}")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    plot: Annotated[Path, typer.Option(help="Where to draw the curves.")] = Path("compare.png"),
) -> None:
    """Show scores of several runs side by side, if they were measured alike."""
    from gan_lightning.metrics.compare import compare as compare_runs

    comparison = compare_runs(runs)
    rows = [
        [row.run, row.value, f"{row.best:.4g}", str(row.best_step), f"{row.last:.4g}", str(row.last_step)]
        for row in comparison.table
    ]
    out.print(table("scores", ["run", "value", "best", "at update", "last", "at update"], rows))
    comparison.plot(plot)
    out.print(f"curves in {plot}")


def _told(result: Result) -> str:
    facts = {name: value for name, value in result.protocol.as_dict().items() if value not in (None, {}, "")}
    return ", ".join(f"{name} {value}" for name, value in facts.items())
