"""Colour images of three digits, one in each channel: 1,000 modes that a classifier can count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.components import Dataset
from gan_lightning.data.cache import fingerprint
from gan_lightning.data.digits import Digits
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

MODES = 1000
_SIDE = 8  # of the digits before they were enlarged
_DIGITS = 10


@dataclass(frozen=True)
class StackedDigits(Dataset):
    """Three embedded handwritten digits, drawn at random, as red, green and blue; the number they spell is the class.

    ``Samples.facts`` holds ``"mode_of"``, which tells the mode of generated images, for the metric ``modes``.

    Args:
        resolution: Size of every image, one number or [height, width].
        count: Number of images.
        seed: Of the choice of digits.
    """

    resolution: int | list[int] = 32
    count: int = 20_000
    seed: int = 0

    origin: ClassVar[Origin | None] = Origin(
        "Metz et al., Unrolled Generative Adversarial Networks", 2016, arxiv="1611.02163"
    )

    def load(self, cache: Path) -> Samples:
        """Return the stacks as uint8 images of three channels.

        Raises:
            UserError: The count is below 1.
        """
        if self.count < 1:
            raise UserError(f"data.count: expected 1 or more, got {self.count}")
        digits = Digits(self.resolution).load(cache)
        assert isinstance(digits.values, Tensor)
        assert digits.labels is not None
        generator = Randomness(self.seed).generator("stacked digits")
        rows = torch.randint(len(digits), (self.count, 3), generator=generator)
        images = digits.values[rows].squeeze(2)
        labels = digits.labels[rows] @ torch.tensor([100, 10, 1])
        names = tuple(f"{mode:03d}" for mode in range(MODES))
        facts = {"mode_of": StackReader(), "mode_count": MODES}
        return Samples(images, labels, "stacked digits", fingerprint(images, labels), names, facts)


class StackReader:
    """Reads the digit of each channel with a support vector machine, trained on the digits at their own 8x8 pixels."""

    def __call__(self, images: Tensor) -> Tensor:
        """Return the modes int64 ``[N]``, 0 to 999, of images ``[N, 3, H, W]`` in [-1, 1]."""
        small = interpolate(images.float().cpu(), (_SIDE, _SIDE), mode="area")
        pixels = (small.add(1.0) * 8.0).clamp(0, 16).reshape(-1, _SIDE * _SIDE)
        digits = torch.from_numpy(self._machine.predict(pixels.numpy())).long()
        return digits.view(-1, 3) @ torch.tensor([_DIGITS**2, _DIGITS, 1])

    @cached_property
    def _machine(self) -> Any:
        from sklearn.datasets import load_digits
        from sklearn.svm import SVC

        pixels, classes = load_digits(return_X_y=True)
        return SVC(gamma=0.001).fit(pixels.astype("float32"), classes)
