"""Images, and the same with holes that shall be filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan_lightning.data.made_from import Derived, MadeFrom
from gan_lightning.data.masks import draw_masks, paint_masks
from gan_lightning.data.samples import Samples, Values
from gan_lightning.randomness import Randomness

Shape = Literal["free_form", "centre"]


@dataclass(frozen=True)
class Masked(MadeFrom):
    """Another data set, whose sources are its images with a hole, and a channel that is 255 in the hole.

    Each image has one hole for good. In it is gray.

    Args:
        hole: A box and strokes of a brush anywhere, or a square half as wide and high as the image in its middle.
        mask_seed: Seed of the holes.
    """

    hole: Shape = "free_form"
    mask_seed: int = 0

    def sources(self, samples: Samples) -> Values:
        """Return the images with holes, ``C + 1`` channels."""
        channels, height, width = samples.spec.shape
        looks = draw_masks(len(samples), Randomness(self.mask_seed))

        def cut(images: Tensor, numbers: Tensor) -> Tensor:
            free = self.hole == "free_form"
            mask = paint_masks(looks[numbers], height, width) if free else centre_mask(height, width)
            return with_hole(images, mask.expand(len(images), -1, -1, -1))

        return Derived(samples.values, (channels + 1, height, width), cut)


def centre_mask(height: int, width: int) -> Tensor:
    """Return a mask, bool ``[1, 1, height, width]``, that is true in the middle half of both sides."""
    mask = torch.zeros(1, 1, height, width, dtype=torch.bool)
    mask[:, :, height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return mask


def with_hole(images: Tensor, mask: Tensor) -> Tensor:
    """Return uint8 images ``[N, C + 1, H, W]``: gray where the mask, bool ``[N, 1, H, W]``, is true, and the mask."""
    return torch.cat([images.masked_fill(mask, 128), mask.to(images.dtype) * 255], dim=1)
