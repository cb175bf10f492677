"""Moving pictures: animated GIFs, and MP4 where imageio-ffmpeg is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_lightning.data.drawing import enlarged
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError

_LEAST = 192  # pixels of the shorter side: players make a mess of smaller ones
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def require_film(suffix: str) -> None:
    """Refuse a kind of film that cannot be written here.

    Raises:
        UserError: It needs a package that is not installed.
    """
    if suffix == "mp4" and find_spec("imageio_ffmpeg") is None:
        raise UserError("--mp4 needs imageio-ffmpeg: pip install 'gan-lightning[video]', or take the GIF alone")


def write_film(images: Tensor, path: Path, frames_per_second: int) -> Path:
    """Write images as a film that is as long as they are many; its suffix says what kind, ``.gif`` or ``.mp4``.

    Args:
        images: ``[N, C, H, W]`` in [-1, 1].
        path: The file; its folder is made if need be. It is replaced in one step.
        frames_per_second: How fast they follow each other.

    Returns:
        `path`.

    Raises:
        UserError: What it takes is not installed.
    """
    require_film(path.suffix[1:])
    with replacing(path) as temporary:
        _WRITERS[path.suffix](_frames(images), temporary, frames_per_second)
    return path


def _frames(images: Tensor) -> list[Image.Image]:
    cells = enlarged(images.detach().cpu(), _LEAST)
    mode = _MODES[cells.shape[1]]
    arrays = [(cell[0] if len(cell) == 1 else cell.permute(1, 2, 0)).contiguous().numpy() for cell in cells]
    return [Image.fromarray(array, mode).convert("L" if mode == "L" else "RGB") for array in arrays]


def _gif(frames: list[Image.Image], path: Path, frames_per_second: int) -> None:
    first, *others = frames
    hundredths = max(2, round(100 / frames_per_second))  # players slow anything quicker down
    first.save(path, format="GIF", save_all=True, append_images=others, duration=10 * hundredths, loop=0)


def _mp4(frames: list[Image.Image], path: Path, frames_per_second: int) -> None:
    from imageio_ffmpeg import write_frames

    arrays = [_even(np.asarray(frame.convert("RGB"))) for frame in frames]
    height, width, _ = arrays[0].shape
    options = {"quality": 8, "macro_block_size": 2, "output_params": ["-f", "mp4"]}
    writer = write_frames(str(path), (width, height), fps=frames_per_second, **options)
    writer.send(None)  # the generator begins
    for array in arrays:
        writer.send(array.tobytes())
    writer.close()


def _even(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat the last row and column where there is an odd number: H.264 halves the colours' sides."""
    height, width, _ = array.shape
    return np.ascontiguousarray(np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))


_WRITERS: Mapping[str, Callable[[list[Image.Image], Path, int], None]] = {".gif": _gif, ".mp4": _mp4}
