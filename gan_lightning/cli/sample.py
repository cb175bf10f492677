"""``gan-lightning sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out, quiet


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(sample)


def sample(
    context: typer.Context,
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint, or a run folder (its best).")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many samples.")] = 64,
    seed: Annotated[int, typer.Option(help="Names the samples.")] = 0,
    folder: Annotated[Path, typer.Option("--out", help="Where to write them.")] = Path("samples"),
    label: Annotated[str | None, typer.Option("--class", help="A class, by number or name.")] = None,
    grid: Annotated[bool, typer.Option("--grid", help="One picture of all instead of a file each.")] = False,  # noqa: FBT002
    raw: Annotated[bool, typer.Option("--raw", help="The raw generator instead of its average.")] = False,  # noqa: FBT002
) -> None:
    """Make samples with a trained generator."""
    quiet()
    from gan_lightning.data.drawing import draw, save_each
    from gan_lightning.trained import load

    trained = load(checkpoint, context.obj)
    stream = trained.stream(count, seed=seed, label=label, generator="raw" if raw else "ema")
    if grid:
        import torch

        path = draw(trained.data, torch.cat(list(stream)), folder / f"grid-seed{seed}.png")
        out.print(f"{count} samples in {path}")
        return
    done = 0
    for batch in stream:
        save_each(trained.data, batch, folder, start=done)
        done += len(batch)
    out.print(f"{count} samples in {folder}")
