"""Image-space filtering of ADA: frequency bands made stronger or weaker."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.sides import bands

#: Share of each band in the power of natural images, which falls as 1/f.
_POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)


def amplify(images: Tensor, drawn: Drawn) -> Tensor:
    """Amplify the bands that are drawn, each by 2^N(0, 1), and all so that the power expected of an image stays.

    Args:
        images: ``[N, C, H, W]``; beyond their edges they are mirrored.
        drawn: What is drawn.
    """
    if "filter" not in drawn:
        return images
    gains = _gains(drawn).to(images.dtype)
    changed = (gains != 1.0).any(1)[:, None, None, None]
    return torch.where(changed, filtered(images, gains), images)


def filtered(images: Tensor, gains: Tensor) -> Tensor:
    """Filter rows and columns of images ``[N, C, H, W]`` alike, with the gain of each band ``[N, 4]``."""
    sides = (bands(size, images.dtype, images.device) for size in images.shape[2:])
    down, across = (torch.einsum("nb,bij->nij", gains, side)[:, None] for side in sides)
    return down @ images @ across.mT


def _gains(drawn: Drawn) -> Tensor:
    """Return the gain of each band ``[N, 4]``, exactly 1 where nothing is drawn."""
    gains = torch.ones(drawn.count, len(_POWER), device=drawn.random.device)
    for band, share in enumerate(_POWER):
        factor = torch.exp2(drawn.normal("filter", use=f" {band}"))
        factors = torch.ones_like(gains)
        factors[:, band : band + 1] = factor
        gains = gains * factors / (1.0 + share * (factor.square() - 1.0)).sqrt()
    return gains
