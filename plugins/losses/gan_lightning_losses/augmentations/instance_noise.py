"""Instance noise on all that the discriminator sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Augmentation
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness


@dataclass(frozen=True)
class InstanceNoise(Augmentation):
    """Add noise to real and generated samples alike, so that their distributions overlap.

    x + N(0, std^2) for each value, in both players' turns (Sonderby et al. 2017, arXiv:1610.04490). It is
    meant to fade out: ``std: {linear: {from: 0.1, to: 0.0, steps: 10_000}}``.

    Args:
        std: Deviation of the noise, on images in [-1, 1].

    Raises:
        UserError: The deviation is below 0.
    """

    std: float = 0.1

    kinds: ClassVar = ("images", "points")
    origin: ClassVar = Origin(
        "Sonderby et al., Amortised MAP Inference for Image Super-resolution",
        2016,
        "1610.04490",
        cures=("stability", "vanishing gradients"),
    )

    def __post_init__(self) -> None:
        """Refuse a deviation that is none."""
        if self.std < 0.0:
            raise UserError(f"augment.instance_noise.std: expected at least 0, got {self.std:g}")

    def __call__(self, images: Tensor, random: Randomness) -> Tensor:
        """Add noise to samples ``[N, *shape]``."""
        return images + self.std * random.normal("instance_noise", *images.shape)
