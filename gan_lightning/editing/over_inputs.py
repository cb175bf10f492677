"""The same done to a file, to all files of a folder, or to all frames of a film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from gan_lightning.data.drawing import save_image
from gan_lightning.editing.films import require_film, write_film
from gan_lightning.editing.pictures_in import Look, image_names, is_film, read_film, read_folder, read_image

_FRAMES = 16  # at a time

#: Makes images ``[N, C', H', W']`` from ``[N, C, H, W]``, all in [-1, 1], and the number of the first.
Make = Callable[[Tensor, int], Tensor]
#: Passes items on, of which there are so many, and shows how far it is.
Watch = Callable[[Iterable[tuple[str, Tensor]], int], Iterator[tuple[str, Tensor]]]


def over_inputs(path: Path, folder: Path, look: Look, make: Make, watch: Watch) -> list[Path]:
    """Make images from a file, the files of a folder, or the frames of a film.

    Args:
        path: The file, folder or film.
        folder: Where results go: under the names of what they were made from, images as PNG, films as films.
        look: What images are made into before.
        make: Makes them.
        watch: Shows how far it is.

    Returns:
        The files that were written.

    Raises:
        UserError: There is nothing of the kind.
    """
    if path.is_file() and is_film(path):
        return [_film(path, folder, look, make, watch)]
    if path.is_file():
        return [_save(make(read_image(path, look)[None], 0), folder / path.with_suffix(".png").name)]
    images = watch(read_folder(path, look), len(image_names(path)))
    return [
        _save(make(image[None], number), (folder / name).with_suffix(".png"))
        for number, (name, image) in enumerate(images)
    ]


def _film(path: Path, folder: Path, look: Look, make: Make, watch: Watch) -> Path:
    suffix = ".gif" if path.suffix.lower() == ".gif" else ".mp4"
    require_film(suffix[1:])
    film = read_film(path, look)
    parts = [(path.name, part) for part in torch.split(film.frames, _FRAMES)]
    made = [make(part, number * _FRAMES) for number, (_, part) in enumerate(watch(parts, len(parts)))]
    return write_film(torch.cat(made), folder / path.with_suffix(suffix).name, film.frames_per_second)


def _save(images: Tensor, path: Path) -> Path:
    return save_image(images[0], path)
