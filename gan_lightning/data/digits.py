"""The handwritten digits that come with scikit-learn: real images without a download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch.nn.functional import interpolate

from gan_lightning.components import Dataset
from gan_lightning.data.cache import fingerprint
from gan_lightning.data.decode import parse_resolution
from gan_lightning.data.samples import Samples
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class Digits(Dataset):
    """1,797 gray handwritten digits of 8x8 pixels, enlarged by bicubic interpolation; ten classes.

    Args:
        resolution: Size of every image, one number or [height, width].
    """

    resolution: int | list[int] = 32

    origin: ClassVar[Origin | None] = Origin("Alpaydin and Kaynak, Optical Recognition of Handwritten Digits", 1998)

    def load(self, cache: Path) -> Samples:
        """Return the digits as gray uint8 images; the cache is not needed."""
        from sklearn.datasets import load_digits

        height, width = parse_resolution(self.resolution)
        pixels, classes = load_digits(return_X_y=True)
        small = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) * (255 / 16)
        images = interpolate(small, (height, width), mode="bicubic").round_().clamp_(0, 255).to(torch.uint8)
        labels = torch.from_numpy(classes).long()
        return Samples(images, labels, "digits", fingerprint(images, labels), tuple("0123456789"))
