"""``gan-lightning directions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, open_maker
from gan_lightning.cli.parsing import read_numbers


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(directions)


def directions(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    count: Annotated[int, typer.Option(min=1, help="How many directions, those of the largest change first.")] = 6,
    steps: Annotated[int, typer.Option(min=2, max=1000, help="Pictures along each.")] = 7,
    strength: Annotated[float, typer.Option(help="How far to go to both sides, in standard deviations.")] = 3.0,
    layers: Annotated[str | None, typer.Option(help="Layers whose styles are moved: 0-3; all if not given.")] = None,
    seed: Annotated[int, typer.Option(help="The sample to begin with.")] = 0,
    label: ClassOption = None,
    folder: OutOption = Path("samples"),
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Find directions in which samples change most, from the weights alone: a strip of pictures along each."""
    chosen = None if layers is None else read_numbers(layers, "--layers")
    maker = open_maker(context, checkpoint, raw=raw)
    import torch

    from gan_lightning.data.drawing import draw
    from gan_lightning.editing.directions import factorise, latent_weights, strips

    found = factorise(latent_weights(maker.generator, maker.draw(4, 0)), count)
    reach = torch.linspace(-strength, strength, steps)
    pictures = strips(maker, found, maker.of_seeds([seed], label), reach, chosen)
    path = draw(maker.trained.data, pictures, folder / f"directions-seed{seed}.png", columns=steps)
    out.print(f"{count} directions in {path}, a row each")
