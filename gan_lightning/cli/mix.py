"""``gan-lightning mix``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, open_maker
from gan_lightning.cli.parsing import read_numbers


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(mix)


def mix(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    rows: Annotated[str, typer.Option(help="Seeds of the samples that give all other layers: 0-3.")] = "0-3",
    columns: Annotated[str, typer.Option(help="Seeds of the samples that give the named layers: 4,5,9.")] = "4-8",
    layers: Annotated[str, typer.Option(help="Layers, from 0 for the coarsest: 0-3.")] = "0-3",
    label: ClassOption = None,
    folder: OutOption = Path("samples"),
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Mix the styles of samples: a table, with some layers of each column's sample in each row's."""
    down, across = read_numbers(rows, "--rows"), read_numbers(columns, "--columns")
    chosen = read_numbers(layers, "--layers")
    maker = open_maker(context, checkpoint, raw=raw)
    from gan_lightning.data.drawing import draw
    from gan_lightning.editing.mixing import mixing_grid

    table = mixing_grid(maker, maker.of_seeds(down, label), maker.of_seeds(across, label), chosen)
    path = draw(maker.trained.data, table, folder / f"mix-layers{layers}.png", columns=len(across) + 1)
    out.print(f"{len(down)} x {len(across)} mixtures in {path}")
