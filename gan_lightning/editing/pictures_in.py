"""The user's images as a trained game takes them: a file, all files of a folder, or the frames of a film."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

import torch
from PIL import Image, ImageSequence
from torch import Tensor

from gan_lightning.data.decode import SUFFIXES, Channels, DecodeError, Target, decode, naming, read_header, render
from gan_lightning.data.samples import to_network
from gan_lightning.data.source import open_files
from gan_lightning.errors import UserError

FILMS = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".gif"})
_SECOND = 1000  # milliseconds

log = logging.getLogger("gan_lightning")


@dataclass(frozen=True)
class Look:
    """What images are made into.

    Args:
        channels: 1 for gray, 3 for colour, 4 for colour with alpha.
        size: Height and width, to which images are cut; None for their own.
    """

    channels: int
    size: tuple[int, int] | None

    def __post_init__(self) -> None:
        """Refuse channels that no image file has."""
        if self.channels not in get_args(Channels):
            raise UserError(f"this game takes images of {self.channels} channels, which no image file has")

    def target(self, height: int, width: int) -> Target:
        """Return what an image of that size is made into."""
        return Target(*(self.size or (height, width)), cast("Channels", self.channels))


@dataclass(frozen=True)
class Film:
    """Frames ``[N, C, H, W]`` in [-1, 1], and how many are shown in a second."""

    frames: Tensor
    frames_per_second: int


def is_film(path: Path) -> bool:
    """Tell whether a file is a film rather than an image; a GIF is one if it moves."""
    if path.suffix.lower() != ".gif":
        return path.suffix.lower() in FILMS
    with naming(str(path)), Image.open(path) as image:
        return getattr(image, "n_frames", 1) > 1


def read_image(path: Path, look: Look) -> Tensor:
    """Return an image file ``[C, H, W]`` in [-1, 1].

    Raises:
        UserError: There is no such file, or it is no image.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such image file")
    header = read_header(path, str(path))
    return to_network(torch.tensor(decode(path, str(path), look.target(header.height, header.width))))


def image_names(path: Path) -> list[str]:
    """Return the names of the images in a folder, sorted.

    Raises:
        UserError: There is no such folder, or no images are in it.
    """
    if not path.is_dir():
        kinds = ", ".join(sorted(SUFFIXES | FILMS))
        raise UserError(f"{path}: expected an image, a film or a folder of images, ending in {kinds}")
    with open_files(path, str(path)) as files:
        return [entry.name for entry in files.entries]


def read_folder(path: Path, look: Look) -> Iterator[tuple[str, Tensor]]:
    """Yield name and image ``[C, H, W]`` of all images in a folder; unreadable ones are named and skipped."""
    for name in image_names(path):
        try:
            yield name, read_image(path / name, look)
        except DecodeError as error:
            log.warning("%s; skipped", error)


def read_film(path: Path, look: Look) -> Film:
    """Return the frames of a film.

    Raises:
        UserError: It cannot be read, or reading it needs imageio-ffmpeg.
    """
    return _read_gif(path, look) if path.suffix.lower() == ".gif" else _read_video(path, look)


def _read_gif(path: Path, look: Look) -> Film:
    with naming(str(path)), Image.open(path) as film:
        wait = int(film.info.get("duration", 100)) or 100
        frames = [_rendered(frame.copy(), look) for frame in ImageSequence.Iterator(film)]
    return Film(torch.stack(frames), max(1, round(_SECOND / wait)))


def _read_video(path: Path, look: Look) -> Film:
    try:
        from imageio_ffmpeg import read_frames
    except ImportError as error:
        raise UserError(f"{path}: films need imageio-ffmpeg: pip install 'gan-lightning[video]'") from error
    with naming(str(path)):
        reader = read_frames(str(path))
        facts = next(reader)
        size = facts["size"]
        frames = [_rendered(Image.frombytes("RGB", size, frame), look) for frame in reader]
    if not frames:
        raise UserError(f"{path}: there is no frame in this film")
    return Film(torch.stack(frames), max(1, round(facts["fps"])))


def _rendered(image: Image.Image, look: Look) -> Tensor:
    return to_network(torch.tensor(render(image, look.target(image.height, image.width))))
