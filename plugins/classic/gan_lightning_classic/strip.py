"""``gan-lightning levels``: what each level of a LAPGAN adds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, open_maker
from gan_lightning.errors import UserError


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(levels)


def levels(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Samples, each a row.")] = 8,
    label: ClassOption = None,
    seed: Annotated[int, typer.Option(help="Names the samples.")] = 0,
    raw: RawOption = False,  # noqa: FBT002
    folder: OutOption = Path("samples"),
) -> None:
    """Draw samples of a LAPGAN from coarse to fine: a row for each sample, a column for each level."""
    maker = open_maker(context, checkpoint, raw=raw)
    import torch

    from gan_lightning.data.drawing import draw
    from gan_lightning.data.strips import side_by_side
    from gan_lightning.randomness import Randomness
    from gan_lightning_classic.levels import LAPGANGame

    game = maker.trained.module.game
    if not isinstance(game, LAPGANGame):
        raise UserError(f"{checkpoint}: {type(game).__name__} has no levels; train one with game lapgan")
    random = Randomness(seed)
    classes = game.draw_labels(count, random)
    if label is not None:
        classes = torch.full((count,), maker.trained.class_number(label))
    latents = game.draw_latents(count, random, maker.generator)
    with torch.no_grad():
        made = maker.generator.strip(latents, classes)  # type: ignore[operator]
    path = draw(maker.trained.data, side_by_side(*made), folder / f"levels-seed{seed}.png", columns=len(made))
    out.print(f"{count} samples at {len(made)} levels in {path}")
