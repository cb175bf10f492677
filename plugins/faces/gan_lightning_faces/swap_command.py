"""``gan-lightning swap``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, OutOption, RawOption, track
from gan_lightning_faces.detector import MTCNN
from gan_lightning_faces.options import DetectorOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(swap)


def swap(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    path: Annotated[Path, typer.Argument(help="An image, a folder of images, or a film (.mp4, .gif, ...).")],
    folder: OutOption = Path("swapped"),
    backward: Annotated[bool, typer.Option("--backward", help="Faces of B become A's.")] = False,  # noqa: FBT002
    whole: Annotated[bool, typer.Option("--no-detect", help="Take each image for a face, as cut by faces.")] = False,  # noqa: FBT002
    unmarked: Annotated[bool, typer.Option("--no-mark", help="No label, no PNG text: telling is up to you.")] = False,  # noqa: FBT002
    detector: DetectorOption = MTCNN,
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Swap faces in pictures, with the consent of those who are shown; results are marked as synthetic."""
    quiet()
    from gan_lightning.editing.over_inputs import over_inputs
    from gan_lightning.editing.pictures_in import Look
    from gan_lightning.editing.translator import Translator
    from gan_lightning.trained import load
    from gan_lightning_faces.detector import make_detector
    from gan_lightning_faces.mark import sign
    from gan_lightning_faces.swapper import Swapper

    translator = Translator(load(checkpoint, context.obj), "raw" if raw else "ema", backward=backward)
    swapper = Swapper(translator, None if whole else make_detector(detector), marked=not unmarked)
    written = over_inputs(path, folder, Look(translator.taken[0], None), swapper, _watch)
    if not unmarked:
        for file in written:
            sign(file)
    files = f"{len(written)} {'file' if len(written) == 1 else 'files'}"
    out.print(f"{swapper.swapped} {'face' if swapper.swapped == 1 else 'faces'} swapped, {files} in {folder}")


def _watch(items: Iterable[tuple[str, Tensor]], total: int) -> Iterator[tuple[str, Tensor]]:
    return track(items, total, "images")
