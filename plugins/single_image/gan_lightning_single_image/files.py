"""Images and masks from files, and to them."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

import torch
from PIL import Image
from torch import Tensor

from gan_lightning.data.decode import Channels, Header, Target, decode, read_header
from gan_lightning.data.drawing import enlarged
from gan_lightning.data.samples import to_network
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning_single_image.sizes import Size


def read_image(path: Path, channels: int, size: Size | None = None) -> Tensor:
    """Read an image file.

    Args:
        path: The file.
        channels: Channels wanted.
        size: Height and width that it is scaled to; its own if None.

    Returns:
        ``[1, C, H, W]`` in [-1, 1].

    Raises:
        UserError: There is no such file, it is no image, or no file has so many channels.
    """
    if channels not in get_args(Channels):
        raise UserError(f"{path}: images have {channels} channels here, which no image file has")
    own = size_of(_header(path))
    height, width = size or own
    target = Target(height, width, cast(Channels, channels), "squash")
    return to_network(torch.tensor(decode(path, str(path), target))[None])


def read_mask(path: Path, image: Path, size: Size) -> Tensor:
    """Read a mask: white where an image has been changed.

    Args:
        path: The file.
        image: The image that it belongs to, whose size it must have.
        size: Height and width that it is scaled to.

    Returns:
        ``[1, 1, H, W]`` of 0 and 1.

    Raises:
        UserError: There is no such file, it is no image, it has another size, or nothing in it is white.
    """
    own, wanted = size_of(_header(path)), size_of(_header(image))
    if own != wanted:
        raise UserError(
            f"--mask: {path} has {own[0]}x{own[1]} pixels, and {image} {wanted[0]}x{wanted[1]}; they must be alike"
        )
    mask = (read_image(path, 1, size) > 0).float()
    if not bool(mask.any()):
        raise UserError(f"--mask: nothing in {path} is white, which tells what has been changed")
    return mask


def size_of(header: Header) -> Size:
    """Return height and width."""
    return header.height, header.width


def write_image(image: Tensor, path: Path) -> Path:
    """Write an image ``[1, C, H, W]`` in [-1, 1] to a PNG file, which is replaced in one step."""
    (pixels,) = enlarged(image.detach().cpu(), 1)
    array = (pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)).contiguous().numpy()
    with replacing(path) as temporary:
        Image.fromarray(array).save(temporary, format="PNG")
    return path


def _header(path: Path) -> Header:
    if not path.is_file():
        raise UserError(f"{path}: there is no such image file")
    return read_header(path, str(path))
