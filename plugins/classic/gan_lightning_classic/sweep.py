"""``gan-lightning sweep``: what the codes of an InfoGAN do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, OutOption, RawOption, open_maker
from gan_lightning.errors import UserError


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(sweep)


def sweep(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    code: Annotated[int, typer.Option(min=0, help="The continuous code that changes from left to right.")] = 0,
    columns: Annotated[int, typer.Option(min=2, help="Samples in a row.")] = 10,
    span: Annotated[float, typer.Option(help="The code goes from minus this to this; training has 1.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Names what all samples share.")] = 0,
    raw: RawOption = False,  # noqa: FBT002
    folder: OutOption = Path("samples"),
) -> None:
    """Draw a grid of an InfoGAN: a row for each category, a continuous code from left to right."""
    maker = open_maker(context, checkpoint, raw=raw)
    import torch

    from gan_lightning.data.drawing import draw
    from gan_lightning.randomness import Randomness
    from gan_lightning_classic.infogan_game import InfoGANGame

    game = maker.trained.module.game
    if not isinstance(game, InfoGANGame):
        raise UserError(f"{checkpoint}: {type(game).__name__} has no codes; train one with game infogan")
    latents = game.sweep(maker.generator, Randomness(seed), code=code, columns=columns, span=span)
    with torch.no_grad():
        images = maker.generator(latents, None)
    path = draw(maker.trained.data, images, folder / f"sweep-code{code}-seed{seed}.png", columns=columns)
    out.print(f"{len(images)} samples in {path}")
