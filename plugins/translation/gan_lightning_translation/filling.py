"""Images with holes: what networks see of them, and how what they make is put in."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning_translation.translators import SameSizeTranslator


class Filling(SameSizeTranslator):
    """Makes whole images of images with a hole, the last channel of which is above 0 in the hole."""

    def source_shape(self, data: DataSpec) -> tuple[int, ...]:
        """Return the shape of a source: that of the partner, or of a sample and a mask."""
        return data.partners.get("source", (data.shape[0] + 1, *data.shape[1:]))


def with_hole(images: Tensor, mask: Tensor) -> Tensor:
    """Return what networks see of images ``[N, C, H, W]`` in [-1, 1]: gray in the hole, and the mask as 1 and -1.

    Args:
        images: With or without anything in the hole.
        mask: bool ``[N, 1, H, W]``, true in the hole.

    Returns:
        ``[N, C + 1, H, W]``.
    """
    return torch.cat([images.masked_fill(mask, 0.0), mask.to(images.dtype) * 2 - 1], dim=1)


def mask_of(sources: Tensor) -> Tensor:
    """Return the mask, bool ``[N, 1, H, W]``, of images with holes ``[N, C + 1, H, W]``."""
    return sources[:, -1:] > 0


def filled(sources: Tensor, made: Tensor) -> Tensor:
    """Return images ``[N, C, H, W]`` that are made in the hole and known outside of it."""
    return torch.where(mask_of(sources), made, sources[:, :-1])


def fill(network: nn.Module, sources: Tensor) -> Tensor:
    """Have a network fill the holes of ``[N, C + 1, H, W]``; what is in them does not matter."""
    seen = with_hole(sources[:, :-1], mask_of(sources))
    return filled(sources, network(seen))
