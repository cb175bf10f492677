"""Adaptive discriminator augmentation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.components import Augmentation
from gan_lightning.errors import UserError, nearest
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning_losses.augmentations.color import COLOR, recolor
from gan_lightning_losses.augmentations.corruption import add_noise, cut_out
from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.filtering import amplify
from gan_lightning_losses.augmentations.geometry import GENERAL, WHOLE, transform
from gan_lightning_losses.overfitting import Adaptive

Pipe = Literal["b", "bg", "bgc", "bgcf", "bgcfn", "bgcfnc"]

_GROUPS: tuple[tuple[str, ...], ...] = (
    tuple(name for name, _ in WHOLE),
    tuple(dict.fromkeys(name for name, _ in GENERAL)),
    tuple(COLOR),
    ("filter",),
    ("noise",),
    ("cutout",),
)

#: The transforms of each pipe: a letter a group.
PIPES: Mapping[Pipe, tuple[str, ...]] = {
    "b": sum(_GROUPS[:1], ()),
    "bg": sum(_GROUPS[:2], ()),
    "bgc": sum(_GROUPS[:3], ()),
    "bgcf": sum(_GROUPS[:4], ()),
    "bgcfn": sum(_GROUPS[:5], ()),
    "bgcfnc": sum(_GROUPS[:6], ()),
}

_STAGES: tuple[Callable[[Tensor, Drawn], Tensor], ...] = (transform, recolor, amplify, add_noise, cut_out)


class ADA(Adaptive, Augmentation):
    """Transform all that the discriminator sees, each image by each transform with a probability p that adapts.

    (Karras et al. 2020, arXiv:2006.06676, section 3 and appendix B.) ``x_flip`` mirrors half of what it is applied
    to; ``rotate_90`` turns by 0 to 3 quarters; ``integer_translation`` shifts by U(-1/8, 1/8) of each side;
    ``isotropic_scale`` is 2^N(0, 0.2^2); ``rotation`` by U(-pi, pi), before and after ``anisotropic_scale``, which is
    2^N(0, 0.2^2) across and its inverse down; ``fractional_translation`` N(0, 0.125^2) of each side; ``brightness`` +
    N(0, 0.2^2); ``contrast`` x 2^N(0, 0.5^2); ``luma_flip`` mirrors the brightness of half; ``hue`` turns by
    U(-pi, pi); ``saturation`` x 2^N(0, 1); ``filter`` amplifies each of four octaves by 2^N(0, 1), each with p;
    ``noise`` of a deviation abs N(0, 0.1^2); ``cutout`` half of each side.

    Args:
        pipe: Which transforms: whole pixels (b), geometry (g), colour (c), filter (f), noise (n), cutout (c).
        multipliers: Factors on p by transform, 1 for those of the pipe and 0 for others, as ``{hue: 0.5, cutout: 1}``.
        p: Probability at the start. Where `target` is null it is the probability throughout, and may be a schedule.
        target: The mean sign of scores of real images at which p stays where it is, or null for a p that is fixed.
        interval: Turns of the discriminator between two moves of p.
        images: Real images that are shown while p goes from 0 to 1 at its fastest.

    Raises:
        UserError: An option is out of its range, or a transform is unknown.
    """

    origin: ClassVar = Origin(
        "Karras et al., Training Generative Adversarial Networks with Limited Data",
        2020,
        "2006.06676",
        cures=("stability",),
    )

    def __init__(
        self,
        *,
        pipe: Pipe = "bgc",
        multipliers: Mapping[str, float] | None = None,
        p: float = 0.0,
        target: float | None = 0.6,
        interval: int = 4,
        images: int = 500_000,
    ) -> None:
        super().__init__("augment.ada", p=p, target=target, interval=interval, images=images)
        self.multipliers = dict.fromkeys(PIPES[pipe], 1.0) | _checked(multipliers or {})

    def __call__(self, images: Tensor, random: Randomness) -> Tensor:
        """Transform ``[N, C, H, W]`` images in [-1, 1]; an image that nothing is drawn for is returned as it is.

        Raises:
            UserError: The pipe has colours, and images neither 1 channel nor 3.
        """
        drawn = Drawn(len(images), self.chance(images.device), self.multipliers, random)
        # Half precision has places for 2048 pixels and none between them.
        with torch.autocast(images.device.type, enabled=False):
            made = images.to(torch.promote_types(images.dtype, torch.float32))
            for stage in _STAGES:
                made = stage(made, drawn)
        return made.to(images.dtype)


def _checked(multipliers: Mapping[str, float]) -> dict[str, float]:
    known = PIPES["bgcfnc"]
    for name, factor in multipliers.items():
        if name not in known:
            raise UserError(f"augment.ada.multipliers.{name}: no such transform; {nearest(name, known)}")
        if not 0.0 <= factor < math.inf:
            raise UserError(f"augment.ada.multipliers.{name}: expected at least 0, got {factor:g}")
    return dict(multipliers)
