"""``gan-lightning fit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from gan_lightning.fit import Outcome


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(fit)


def fit(
    context: typer.Context,
    recipe: Annotated[Path, typer.Option(help="The recipe's YAML file.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="Settings laid over it: key.sub=value ...")] = None,
    resume: Annotated[str | None, typer.Option(help="Continue from a checkpoint: last, best, or a path.")] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Begin with the networks of a checkpoint or run folder: train.start.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in the folder.")] = False,  # noqa: FBT002
    dry_run: Annotated[  # noqa: FBT002
        bool, typer.Option("--dry-run", help="Show the resolved recipe, sizes and speed; write nothing.")
    ] = False,
) -> None:
    """Train what a recipe says."""
    quiet()
    if resume and overwrite:
        raise UserError("--overwrite would delete the run that --resume continues; give one of them")
    from gan_lightning.recipe import load_recipe

    begun = [] if start is None else [f"train.start={json.dumps(str(start))}"]
    checked = load_recipe(recipe, [*(overrides or []), *begun], context.obj)
    if dry_run:
        from gan_lightning.cli.dry_run import report

        report(checked, context.obj)
        return
    from gan_lightning.fit import fit as train
    from gan_lightning.run import is_first_process

    outcome = train(checked, context.obj, resume=resume, overwrite=overwrite)
    if is_first_process():
        summarise(outcome)


def summarise(outcome: Outcome) -> None:
    """Print what has come of a run and where everything is."""
    run, scores = outcome.run, outcome.scores
    if scores is not None and scores.latest:
        first = {name: f"{value:.4g} -> " for name, value in scores.first.items()}
        values = {name: f"{first.get(name, '')}{value:.4g}" for name, value in scores.latest.items()}
        found_best = scores.best_value is not None
        best = f", best {scores.best} {scores.best_value:.4g} at update {scores.best_step}" if found_best else ""
        out.print("scores: " + ", ".join(f"{name} {value}" for name, value in values.items()) + best)
    places: dict[str, Any] = {
        "samples": run.samples,
        "metrics": run.metrics,
        "results": run.results,
        "best": run.best,
        "last": run.last,
    }
    found = [f"{name} {path}" for name, path in places.items() if path.exists()]
    out.print(f"done: {outcome.updates} updates, {outcome.images} images; {', '.join(found)}")
