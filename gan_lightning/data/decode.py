"""One image file of any common kind to one uint8 array of the shape that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from gan_lightning.errors import UserError

Fit = Literal["crop", "squash"]
Background = Literal["white", "black"]
Channels = Literal[1, 3, 4]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

# Pillow would also hand files to decoders that run other programs, such as Ghostscript.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_SIXTEEN_BIT = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
_GRAY = _SIXTEEN_BIT | {"1", "L", "LA"}
_MODES: dict[int, str] = {1: "L", 3: "RGB", 4: "RGBA"}
_ORIENTATION = 0x0112
_LYING = frozenset({5, 6, 7, 8})


class DecodeError(UserError):
    """A file that is no readable image.

    Args:
        name: The file.
        reason: What is wrong with it.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class Target:
    """What every image is made into.

    Args:
        height: Rows.
        width: Columns.
        channels: 1 for gray, 3 for colour, 4 for colour with alpha.
        fit: ``"crop"`` scales until the image covers the target and cuts the middle out; ``"squash"`` scales height
            and width each to the target's.
        background: What shows through transparent pixels, unless alpha is kept.
    """

    height: int
    width: int
    channels: Channels = 3
    fit: Fit = "crop"
    background: Background = "white"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width


@dataclass(frozen=True)
class Header:
    """What a file says about its image before any pixel is decoded, the right way up."""

    height: int
    width: int
    gray: bool


def decode(file: BinaryIO | Path, name: str, target: Target) -> NDArray[np.uint8]:
    """Return the first frame of an image file as uint8 ``[C, H, W]``.

    Raises:
        DecodeError: The file is no image, is cut short, or holds more pixels than Pillow's limit.
    """
    with naming(name), Image.open(file, formats=_FORMATS) as image:
        _refuse_bomb(image)
        return render(image, target)


def read_header(file: BinaryIO | Path, name: str) -> Header:
    """Return size and colour of an image file without decoding it.

    Raises:
        DecodeError: The file is no image, or holds more pixels than Pillow's limit.
    """
    with naming(name), Image.open(file, formats=_FORMATS) as image:
        _refuse_bomb(image)
        return header_of(image)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Turn whatever goes wrong with an image into a `DecodeError` that names it; a `UserError` passes."""
    # Pillow's decoders meet a damaged file with exceptions of a dozen types, from struct.error to SyntaxError.
    try:
        yield
    except UserError:
        raise
    except UnidentifiedImageError as error:
        raise DecodeError(name, "no PNG, JPEG, WebP, BMP, GIF or TIFF image") from error
    except Exception as error:
        raise DecodeError(name, " ".join(str(error).split()) or type(error).__name__) from error


def render(image: Image.Image, target: Target) -> NDArray[np.uint8]:
    """Return an image as uint8 ``[C, H, W]``: upright, in 8 bits, on its background, fitted (Lanczos) and converted."""
    upright = ImageOps.exif_transpose(image)
    plain = _convert(_eight_bits(upright), target)
    fitted = _FITS[target.fit](plain, (target.width, target.height))
    pixels = np.asarray(fitted).reshape(target.height, target.width, target.channels)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def header_of(image: Image.Image) -> Header:
    """Return upright size and colour of an opened image."""
    width, height = image.size
    # Only where it is at hand: a PNG without it would be decoded in search of it, and Pillow has turned TIFFs already.
    if "exif" in image.info and image.getexif().get(_ORIENTATION) in _LYING:
        width, height = height, width
    return Header(height, width, image.mode in _GRAY)


def parse_resolution(resolution: int | list[int]) -> tuple[int, int]:
    """Return height and width of a recipe's ``resolution``: one number for a square, or ``[height, width]``.

    Raises:
        UserError: It is neither, or not positive.
    """
    sides = [resolution, resolution] if isinstance(resolution, int) else resolution
    if len(sides) != 2 or min(sides) < 1:
        raise UserError(f"data.resolution: expected a positive number or [height, width], got {resolution}")
    return sides[0], sides[1]


def _refuse_bomb(image: Image.Image) -> None:
    # Pillow itself only warns of up to twice its limit.
    width, height = image.size
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise ValueError(f"{height}x{width} pixels, more than Pillow's limit of {Image.MAX_IMAGE_PIXELS}")


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("floating-point pixels have no defined white; save it with 8 or 16 bits")
    if image.mode not in _SIXTEEN_BIT:
        return image
    # Pillow's own conversion does not scale: it turns all above 255 white.
    values = np.asarray(image).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _convert(image: Image.Image, target: Target) -> Image.Image:
    if target.channels != 4 and image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, target.background)
        canvas.alpha_composite(image.convert("RGBA"))
        image = canvas
    return image.convert(_MODES[target.channels])


def _crop(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def _squash(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS)


_FITS: dict[Fit, Callable[[Image.Image, tuple[int, int]], Image.Image]] = {"crop": _crop, "squash": _squash}
