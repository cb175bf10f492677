"""``gan-lightning resize``: random samples of other sizes than the image that was learned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, OutOption, RawOption, track
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from gan_lightning_single_image.sizes import Size


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(resize)


def resize(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    size: Annotated[str | None, typer.Option(help="Height and width in pixels: 64x128.")] = None,
    scale_h: Annotated[float, typer.Option("--scale-h", help="Or a factor on the height.")] = 1.0,
    scale_w: Annotated[float, typer.Option("--scale-w", help="And one on the width.")] = 1.0,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many samples.")] = 4,
    start: Annotated[
        int, typer.Option("--scale", help="The first scale with noise: 0 for most variety, 1 or 2 to keep the layout.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Names the samples.")] = 0,
    folder: OutOption = Path("samples"),
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Make random samples of any size and shape with a game of one image."""
    if size is not None and (scale_h, scale_w) != (1.0, 1.0):
        raise UserError("--size: give it, or --scale-h and --scale-w, not both")
    wanted = None if size is None else _read_size(size)
    quiet()
    from gan_lightning.data.drawing import save_each
    from gan_lightning.randomness import Randomness
    from gan_lightning.trained import load
    from gan_lightning_single_image.editor import Editor

    trained = load(checkpoint, context.obj)
    editor = Editor(trained, "raw" if raw else "ema")
    height, width = wanted or _scaled(editor.generator.sizes[-1], scale_h, scale_w)
    random = Randomness(seed)
    for index in track(range(count), count, "samples"):
        made = editor.samples(1, random.at("resize", index), (height, width), start)
        save_each(trained.data, made, folder / f"{height}x{width}-seed{seed}", start=index)
    out.print(f"{count} samples of {height}x{width} in {folder / f'{height}x{width}-seed{seed}'}")


def _read_size(text: str) -> Size:
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if found is None:
        raise UserError(f"--size: expected height and width, such as 64x128, got {text!r}")
    return int(found[1]), int(found[2])


def _scaled(size: Size, scale_h: float, scale_w: float) -> Size:
    if min(scale_h, scale_w) <= 0:
        raise UserError(f"--scale-h, --scale-w: expected more than 0, got {scale_h} and {scale_w}")
    return round(size[0] * scale_h), round(size[1] * scale_w)
