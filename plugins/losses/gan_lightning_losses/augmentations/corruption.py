"""Corruptions of ADA: noise, and a part cut out."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning_losses.augmentations.drawn import Drawn


def add_noise(images: Tensor, drawn: Drawn) -> Tensor:
    """Add N(0, s^2) to every value of an image ``[N, C, H, W]``, s itself abs N(0, 0.1^2), one an image."""
    if "noise" not in drawn:
        return images
    std = 0.1 * drawn.normal("noise").abs()[..., None, None]
    return images + (std * drawn.random.normal("noise values", *images.shape)).to(images.dtype)


def cut_out(images: Tensor, drawn: Drawn) -> Tensor:
    """Set a rectangle of half of each side to zero; its centre is anywhere in the image ``[N, C, H, W]``."""
    if "cutout" not in drawn:
        return images
    centres = drawn.random.uniform("cutout", drawn.count, 2)
    across, down = (_covered(centres[:, axis : axis + 1], images.shape[3 - axis]) for axis in range(2))
    covered = across[:, None, :] & down[:, :, None] & drawn.applied("cutout")[..., None]
    return torch.where(covered[:, None], 0.0, images)


def _covered(centre: Tensor, size: int) -> Tensor:
    """Tell which lines lie within a quarter of a side from a centre in [0, 1), bool ``[N, size]``."""
    places = (torch.arange(size, device=centre.device) + 0.5) / size
    return (places - centre).abs() < 0.25
