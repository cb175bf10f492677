"""``gan-lightning sample``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption
from gan_lightning.cli.parsing import read_names
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from gan_lightning.trained import Trained


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(sample)


def sample(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    count: Annotated[
        int | None, typer.Option("-n", "--count", min=1, help="How many samples: 64, or 8 of each of --classes.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Names the samples.")] = 0,
    folder: OutOption = Path("samples"),
    label: ClassOption = None,
    classes: Annotated[
        str | None, typer.Option(help="With --grid, a row for each of these classes: all, or cat,dog.")
    ] = None,
    truncation: Annotated[float | None, typer.Option(help="How typical they shall be, such as 0.7.")] = None,
    grid: Annotated[bool, typer.Option("--grid", help="One picture of all instead of a file each.")] = False,  # noqa: FBT002
    raw: RawOption = False,  # noqa: FBT002
    standing: Annotated[
        int | None,
        typer.Option("--standing-statistics", min=1, help="Forwards to average batch statistics over before."),
    ] = None,
) -> None:
    """Make samples with a trained generator."""
    if classes is not None and (label is not None or not grid):
        raise UserError("--classes: give it with --grid, and without --class")
    quiet()
    from gan_lightning.trained import load

    trained = load(checkpoint, context.obj)
    options: dict[str, Any] = {"seed": seed, "truncation": truncation, "standing": standing}
    options["generator"] = "raw" if raw else "ema"
    if classes is not None:
        names = None if classes == "all" else read_names(classes, "--classes")
        out.print(_sweep(trained, names, count or 8, folder / f"classes-seed{seed}.png", options))
        return
    write = _draw if grid else _save
    place = folder / f"grid-seed{seed}.png" if grid else folder
    write(trained, trained.stream(count or 64, label=label, **options), place)
    out.print(f"{count or 64} samples in {place}")


def _sweep(trained: Trained, names: list[str] | None, count: int, path: Path, options: dict[str, Any]) -> str:
    """Draw a row for each class, of the same latents, and say so."""
    import torch

    from gan_lightning.data.drawing import draw

    rows = trained.class_numbers(names)
    made = torch.cat([trained.sample(count, label=row, **options) for row in rows])
    draw(trained.data, made, path, columns=count)
    return f"{len(rows)} classes of {count} samples in {path}, a row each"


def _draw(trained: Trained, batches: Iterable[Tensor], path: Path) -> None:
    import torch

    from gan_lightning.data.drawing import draw

    draw(trained.data, torch.cat(list(batches)), path)


def _save(trained: Trained, batches: Iterable[Tensor], folder: Path) -> None:
    from gan_lightning.data.drawing import save_each

    done = 0
    for batch in batches:
        save_each(trained.data, batch, folder, start=done)
        done += len(batch)
