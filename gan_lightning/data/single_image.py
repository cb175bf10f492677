"""One image, all that some games are played on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

from gan_lightning.components import Dataset
from gan_lightning.data.cache import fingerprint
from gan_lightning.data.decode import Background, Channels, Target, decode, read_header, render
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SingleImage(Dataset):
    """One image file of any size, or one of the photographs that come with scikit-image and scikit-learn.

    Args:
        path: The file, or the name of a photograph: ``astronaut``, ``china``, ``coffee``, ``chelsea``, ``flower`` or
            ``rocket``.
        max_size: The longer side is scaled down to this; null for the image's own size.
        channels: 1 for gray, 3 for colour.
        background: What is behind transparent pixels.
    """

    path: Path
    max_size: int | None = 250
    channels: Channels = 3
    background: Background = "white"

    def load(self, cache: Path) -> Samples:
        """Return the image, ``[1, C, H, W]``.

        Raises:
            UserError: There is no such file or photograph, it is no image, or `max_size` is below 1.
        """
        del cache
        if self.max_size is not None and self.max_size < 1:
            raise UserError(f"data.max_size: expected at least 1 or null, got {self.max_size}")
        values = torch.tensor(self._read())[None]
        return Samples(values, None, self.path.stem, fingerprint(values, None))

    def _read(self) -> NDArray[np.uint8]:
        file = self.path.expanduser()
        if file.is_file():
            header = read_header(file, str(file))
            return decode(file, str(file), self._target(header.height, header.width))
        if str(self.path) not in _PHOTOGRAPHS:
            close = nearest(str(self.path), _PHOTOGRAPHS)
            raise UserError(f"data.path: {self.path} is no file, and there is no such photograph; {close}")
        pixels = _PHOTOGRAPHS[str(self.path)](str(self.path))
        target = self._target(*pixels.shape[:2])
        return render(Image.fromarray(pixels), target)

    def _target(self, height: int, width: int) -> Target:
        """Return the size that keeps the image's shape."""
        scale = 1.0 if self.max_size is None else min(1.0, self.max_size / max(height, width))
        return Target(
            max(1, round(height * scale)), max(1, round(width * scale)), self.channels, "squash", self.background
        )


def _of_scikit_learn(name: str) -> NDArray[np.uint8]:
    from sklearn.datasets import load_sample_image

    return load_sample_image(f"{name}.jpg")  # type: ignore[no-any-return]


def _of_scikit_image(name: str) -> NDArray[np.uint8]:
    try:
        from skimage import data
    except ImportError as error:
        raise UserError(f"data.path: {name} comes with scikit-image: pip install scikit-image") from error
    return getattr(data, name)()  # type: ignore[no-any-return]


_PHOTOGRAPHS = {
    **dict.fromkeys(("china", "flower"), _of_scikit_learn),
    **dict.fromkeys(("astronaut", "coffee", "chelsea", "rocket"), _of_scikit_image),
}
