"""Masks of what has been changed in an image, softened at their borders."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d
from torchvision.transforms.functional import gaussian_blur

_FULL = 250  # longer side of the images that the published radii are for
_BLUR = 5.0


def soft_mask(mask: Tensor, radius: int) -> Tensor:
    """Widen a mask by a disk and blur it, as the authors of SinGAN do (disk 7 or 20, then a Gaussian of deviation 5).

    Both are for images of 250 pixels; for others they are as much smaller or larger.

    Args:
        mask: ``[1, 1, H, W]``, 1 where the image has been changed and 0 elsewhere.
        radius: Of the disk.

    Returns:
        ``[1, 1, H, W]`` in [0, 1].
    """
    scale = max(mask.shape[2:]) / _FULL
    reach = max(1, round(radius * scale))
    offsets = torch.arange(-reach, reach + 1, dtype=mask.dtype, device=mask.device)
    disk = (offsets[:, None].square() + offsets.square() <= reach**2).to(mask.dtype)[None, None]
    wide = (conv2d(mask, disk, padding=reach) > 0).to(mask.dtype)
    deviation = max(0.5, _BLUR * scale)
    side = 2 * min(round(3 * deviation), min(mask.shape[2:]) - 1) + 1
    soft: Tensor = gaussian_blur(wide, [side, side], [deviation, deviation])
    return soft
