"""``gan-lightning faces``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import OutOption, track
from gan_lightning_faces.detector import MTCNN
from gan_lightning_faces.options import DetectorOption

if TYPE_CHECKING:
    from torch import Tensor

    from gan_lightning_faces.detector import Detector

log = logging.getLogger("gan_lightning")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(faces)


def faces(
    path: Annotated[Path, typer.Argument(help="A folder of images.")],
    folder: OutOption = Path("faces"),
    side: Annotated[int, typer.Option("--size", min=8, help="Pixels a side of the faces.")] = 256,
    detector: DetectorOption = MTCNN,
) -> None:
    """Cut the faces out of pictures, upright and of one size, to train face_swap with."""
    quiet()
    from gan_lightning.editing.pictures_in import Look, image_names, read_folder
    from gan_lightning_faces.detector import make_detector

    find = make_detector(detector)
    total, written = len(image_names(path)), 0
    for name, picture in track(read_folder(path, Look(3, None)), total, "images"):
        found = _write(find, picture, folder / name, side)
        written += found
        if not found:
            log.warning("%s: no face found; skipped", name)
    out.print(f"{written} {'face' if written == 1 else 'faces'} of {total} images in {folder}")


def _write(find: Detector, picture: Tensor, file: Path, side: int) -> int:
    """Write each face that is found beside a file's name, and return how many there are."""
    from gan_lightning.data.drawing import save_image
    from gan_lightning_faces.alignment import cut_out, place_of
    from gan_lightning_faces.swapper import find_faces

    found = find_faces(find, picture)
    for number, face in enumerate(found):
        ending = f"-{number + 1}.png" if number else ".png"
        save_image(cut_out(picture, place_of(face, *picture.shape[1:]), side), file.with_name(file.stem + ending))
    return len(found)
