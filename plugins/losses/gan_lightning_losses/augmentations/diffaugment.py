"""Differentiable augmentation of all that the discriminator sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.components import Augmentation
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

Policy = Literal["color", "translation", "cutout"]


@dataclass(frozen=True)
class DiffAugment(Augmentation):
    """Transform real and generated images alike, in both players' turns, with gradients flowing through.

    (Zhao et al. 2020, arXiv:2006.10738, section 3.2.)

    Args:
        policy: Which transforms. ``color``: brightness + U(-0.5, 0.5), saturation x U(0, 2), contrast x U(0.5, 1.5);
            ``translation``: by up to 1/8 of each side, filled with zeros; ``cutout``: a zero square of half the side.
    """

    policy: tuple[Policy, ...] = ("color", "translation", "cutout")

    origin: ClassVar = Origin(
        "Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training",
        2020,
        "2006.10738",
        cures=("stability",),
    )

    def __call__(self, images: Tensor, random: Randomness) -> Tensor:
        """Transform ``[N, C, H, W]`` images in [-1, 1]."""
        for name in self.policy:
            images = _TRANSFORMS[name](images, random)
        return images


def _color(images: Tensor, random: Randomness) -> Tensor:
    brightness, saturation, contrast = random.uniform("color", len(images), 3, 1, 1, 1).unbind(1)
    images = images + (brightness - 0.5)
    gray = images.mean(dim=1, keepdim=True)
    images = gray + (images - gray) * (2.0 * saturation)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def _translation(images: Tensor, random: Randomness) -> Tensor:
    height, width = images.shape[2:]
    rows = _shifted(random.uniform("rows", len(images)), height)
    columns = _shifted(random.uniform("columns", len(images)), width)
    inside = ((rows >= 0) & (rows < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[:, None, None, :]
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    moved = images.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved * inside


def _shifted(share: Tensor, size: int) -> Tensor:
    """Return for each image the source line of each line, shifted by a whole number in [-size/8, size/8]."""
    most = int(size * 0.125 + 0.5)
    shift = (share * (2 * most + 1)).long() - most
    return torch.arange(size, device=share.device) + shift[:, None]


def _cutout(images: Tensor, random: Randomness) -> Tensor:
    height, width = images.shape[2:]
    rows = _covered(random.uniform("cut rows", len(images)), height)
    columns = _covered(random.uniform("cut columns", len(images)), width)
    return images * ~(rows[:, None, :, None] & columns[:, None, None, :])


def _covered(share: Tensor, size: int) -> Tensor:
    """Tell for each image which lines a square of half the side covers; its centre may be any line."""
    half = int(size * 0.5 + 0.5)
    start = (share * (size + (1 - half % 2))).long() - half // 2
    lines = torch.arange(size, device=share.device)
    return (lines >= start[:, None]) & (lines < start[:, None] + half)


_TRANSFORMS: Mapping[Policy, Callable[[Tensor, Randomness], Tensor]] = {
    "color": _color,
    "translation": _translation,
    "cutout": _cutout,
}
