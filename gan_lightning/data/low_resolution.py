"""Images, and smaller ones that they shall be made from."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.data.made_from import Derived, MadeFrom
from gan_lightning.data.samples import Samples, Values
from gan_lightning.errors import UserError


@dataclass(frozen=True)
class LowResolution(MadeFrom):
    """Another data set, whose sources are its images with sides `factor` times smaller, for super-resolution.

    They are reduced by bicubic interpolation against aliasing, as Pillow's is, and rounded to bytes.

    Args:
        factor: How many times smaller.
    """

    factor: int = 4

    def sources(self, samples: Samples) -> Values:
        """Return the smaller images."""
        channels, height, width = samples.spec.shape
        if self.factor < 2 or height % self.factor or width % self.factor:
            raise UserError(
                f"data.factor: expected a whole number from 2 on that divides {height} and {width}, got {self.factor}"
            )
        small = (channels, height // self.factor, width // self.factor)
        return Derived(samples.values, small, lambda images, numbers: reduced(images, small[1], small[2]))


def reduced(images: Tensor, height: int, width: int) -> Tensor:
    """Return uint8 images ``[N, C, H, W]`` as ones of another size, by bicubic interpolation against aliasing."""
    small = interpolate(images.float(), (height, width), mode="bicubic", antialias=True)
    return small.round_().clamp_(0, 255).to(images.dtype)
