"""What tells that a picture was made: a label that is seen, and a text in PNG files."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.data.samples import to_network
from gan_lightning.disk import replacing

LABEL = "synthetic"
KEY, TEXT = "gan_lightning", "synthetic face swap"

_SIZE = 40  # pixels of the letters before they are fitted
_SHARE, _LEAST = 5, 48  # the label is a fifth of the picture wide, but that many pixels if there is room


def label(pictures: Tensor) -> Tensor:
    """Return pictures ``[N, C, H, W]`` in [-1, 1] with the label in their lower left corner."""
    height, width = pictures.shape[2:]
    strip = _strip()
    wide = min(width, max(_LEAST, width // _SHARE))
    high = min(height, max(1, round(wide * strip.shape[1] / strip.shape[2])))
    small = interpolate(strip[None], (high, wide), mode="bicubic", antialias=True)[0].clamp(-1, 1)
    marked = pictures.clone()
    marked[:, :, height - high :, :wide] = small.to(pictures)
    if pictures.shape[1] in (2, 4):  # what is seen through would not be seen
        marked[:, -1, height - high :, :wide] = 1
    return marked


def sign(file: Path) -> Path:
    """Write into a PNG file that it is synthetic; files of other kinds are left as they are."""
    if file.suffix.lower() == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_text(KEY, TEXT)
        with Image.open(file) as image, replacing(file) as temporary:
            image.save(temporary, format="PNG", pnginfo=text)
    return file


def _strip() -> Tensor:
    """Return the label in white on black ``[1, H, W]`` in [-1, 1]."""
    font = ImageFont.load_default(_SIZE)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(LABEL))
    margin = _SIZE // 4
    image = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(image).text((margin - left, margin - top), LABEL, fill=255, font=font)
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return to_network(values.view(1, image.height, image.width))
