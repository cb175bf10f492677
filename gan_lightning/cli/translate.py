"""``gan-lightning translate``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, track
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from gan_lightning.editing.over_inputs import Make
    from gan_lightning.editing.pictures_in import Look
    from gan_lightning.editing.translator import Translator


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(translate)


def translate(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    path: Annotated[Path, typer.Argument(help="An image, a folder of images, or a film (.mp4, .gif, ...).")],
    folder: OutOption = Path("translated"),
    backward: Annotated[bool, typer.Option("--backward", help="The way back, of games that learn both.")] = False,  # noqa: FBT002
    label: ClassOption = None,
    mask: Annotated[
        Path | None, typer.Option(help="For games that fill holes: an image that is white where the hole is.")
    ] = None,
    fit: Annotated[bool, typer.Option("--fit", help="Cut images to the size of training in any case.")] = False,  # noqa: FBT002
    seed: Annotated[int, typer.Option(help="Of what is drawn, if anything is.")] = 0,
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Make images from images with a trained game: translate, enlarge, fill holes."""
    quiet()
    from gan_lightning.editing.over_inputs import over_inputs
    from gan_lightning.editing.pictures_in import Look
    from gan_lightning.editing.translator import Translator
    from gan_lightning.trained import load

    trained = load(checkpoint, context.obj)
    translator = Translator(trained, "raw" if raw else "ema", label, backward, seed)
    channels, height, width = translator.taken
    holes = not backward and channels == trained.data.shape[0] + 1
    look = Look(channels - holes, (height, width) if fit or translator.multiple is None else None)
    make: Make = _filling(translator, mask, look) if holes else _without_mask(translator, mask)
    written = over_inputs(path, folder, look, make, partial(track, what="images"))
    out.print(f"{len(written)} {'file' if len(written) == 1 else 'files'} in {folder}")


def _without_mask(translator: Translator, mask: Path | None) -> Make:
    if mask is not None:
        raise UserError("--mask: this game fills no holes; leave it out")
    return translator


def _filling(translator: Translator, mask: Path | None, look: Look) -> Make:
    """Return what cuts the hole into images and has it filled."""
    if mask is None:
        raise UserError("--mask: this game fills holes; give an image that is white where the hole is")
    import torch

    from gan_lightning.editing.pictures_in import Look, read_image

    hole = read_image(mask, Look(1, look.size))[None] > 0

    def fill(images: Tensor, number: int) -> Tensor:
        if images.shape[2:] != hole.shape[2:]:
            sizes = ["x".join(map(str, size)) for size in (hole.shape[2:], images.shape[2:])]
            raise UserError(f"--mask: it has {sizes[0]} pixels, and the image {sizes[1]}; expected the same")
        where = hole.expand(len(images), -1, -1, -1)
        cut = torch.cat([images.masked_fill(where, 128 / 127.5 - 1), where.float() * 2 - 1], dim=1)
        return translator(cut, number)

    return fill
