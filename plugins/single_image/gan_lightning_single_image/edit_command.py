"""``gan-lightning edit``: what a pyramid of scales does to images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, RawOption, track
from gan_lightning.errors import UserError, nearest

if TYPE_CHECKING:
    from torch import Tensor

    from gan_lightning_single_image.editor import Editor
    from gan_lightning_single_image.tasks import Task

_FILMS = (".gif", ".mp4")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(edit)


def edit(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    image: Annotated[Path | None, typer.Argument(help="The image that something is done to.")] = None,
    task: Annotated[
        str, typer.Option(help="animate, edit, harmonize, paint or super_resolution; the first takes no image.")
    ] = "paint",
    mask: Annotated[Path | None, typer.Option(help="White where the image has been changed.")] = None,
    scale: Annotated[int | None, typer.Option(help="The first scale with a part in it; 0 is the coarsest.")] = None,
    place: Annotated[Path | None, typer.Option("--out", help="A .png file, or a .gif or .mp4 for a film.")] = None,
    seed: Annotated[int, typer.Option(help="Names the noise.")] = 0,
    times: Annotated[float, typer.Option(help="Factor on the sides in super-resolution.")] = 4.0,
    frames: Annotated[int, typer.Option(min=1, max=10_000, help="Frames of a film.")] = 100,
    fps: Annotated[int, typer.Option(min=1, max=50, help="Frames in a second.")] = 10,
    pull: Annotated[float, typer.Option(min=0, max=1, help="How near to the image a film stays.")] = 0.1,
    inertia: Annotated[float, typer.Option(min=0, max=1, help="How smoothly a film moves.")] = 0.9,
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Paint, harmonize, edit, enlarge or animate with a game of one image."""
    quiet()
    import torch

    from gan_lightning.randomness import Randomness
    from gan_lightning.trained import load
    from gan_lightning_single_image.editor import Editor, Motion
    from gan_lightning_single_image.tasks import TASKS, Request

    if task not in TASKS:
        raise UserError(f"--task: there is no task {task!r}; {nearest(task, TASKS)}")
    chosen = TASKS[task]
    file = _checked_place(place, task, film=chosen.film)
    editor = Editor(load(checkpoint, context.obj), "raw" if raw else "ema")
    given, given_mask = _read(editor, chosen, image, mask)
    request = Request(Randomness(seed), scale, given, given_mask, times, frames, Motion(pull, inertia))
    made = torch.cat(list(track(chosen(editor, request), frames if chosen.film else 1, "frames")))
    out.print(f"{task}: {made.shape[2]}x{made.shape[3]} pixels in {_write(made, file, fps, film=chosen.film)}")


def _checked_place(place: Path | None, task: str, *, film: bool) -> Path:
    """Return the file to write; what cannot be written is refused before anything is made."""
    from gan_lightning.editing.films import require_film

    suffixes = _FILMS if film else (".png",)
    file = place or Path("samples") / f"{task}{suffixes[0]}"
    if file.suffix not in suffixes:
        raise UserError(f"--out: expected a file that ends in {' or '.join(suffixes)}, got {file}")
    require_film(file.suffix[1:])
    return file


def _read(editor: Editor, task: Task, image: Path | None, mask: Path | None) -> tuple[Tensor | None, Tensor | None]:
    """Return the image and its mask, as large as the task wants them."""
    from gan_lightning_single_image.files import read_image, read_mask

    if mask is not None and image is None:
        raise UserError("--mask: it belongs to an image, and none is given")
    size = None if task.any_size else editor.generator.sizes[-1]
    given = None if image is None else read_image(image, editor.generator.channels, size)
    if mask is None or image is None:
        return given, None
    return given, read_mask(mask, image, editor.generator.sizes[-1])


def _write(made: Tensor, file: Path, fps: int, *, film: bool) -> Path:
    from gan_lightning.editing.films import write_film
    from gan_lightning_single_image.files import write_image

    return write_film(made, file, fps) if film else write_image(made, file)
