"""pix2pix: pairs of images, a discriminator that sees both, and the mean absolute error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Play
from gan_lightning.two_player import Term
from gan_lightning_translation.game import TranslationGame, TranslationPlay, joined_spec
from gan_lightning_translation.pix2pix import PIX2PIX_PAPER


class Pix2Pix(TranslationGame):
    """The generator makes y of x; the discriminator sees x beside y, and tells whether y is real.

    D: discriminator_weight * L_D((x, y), (x, G(x)))      G: adversarial * L_G((x, G(x))) + l1 * E|y - G(x)|

    with any loss (Isola et al. 2016, arXiv:1611.07004, equation 4). The paper has ``non_saturating``; with
    ``least_squares``, which is halved already, set `discriminator_weight` to 1. Data are pairs: `paired_folder`. Both
    players see the same pairs in a round.

    Args:
        parts: What the recipe provides.
        l1: Factor on the mean absolute error, images in [-1, 1].
        discriminator_weight: Factor on the loss in the discriminator's turn, which slows it down relative to the
            generator (section 3.3).
    """

    origin = PIX2PIX_PAPER
    example: ClassVar = {
        "architecture": {
            "name": "pix2pix",
            "generator": {"channels": 4, "dropout": 0.0, "norm": "instance_affine"},
            "discriminator": {"channels": 4, "norm": "instance_affine"},
        }
    }

    def __init__(self, parts: Parts, *, l1: float = 100.0, discriminator_weight: float = 0.5, **options: Any) -> None:
        self.l1 = l1
        super().__init__(parts, discriminator_weight=discriminator_weight, **options)

    def spec_of(self, role: str, data: DataSpec) -> DataSpec:
        """Have the discriminator built for a pair of images."""
        return joined_spec(data, data.partners["source"][0]) if role == "discriminator" else data

    def shown(self, sources: Tensor, images: Tensor) -> Tensor:
        """Return both, joined at their channels ``[N, C + C', H, W]``."""
        return torch.cat([sources, images], dim=1)

    def terms(self) -> Mapping[str, Term]:
        """Return the mean absolute error."""
        return {"l1": self._error}

    def _error(self, play: Play) -> Tensor:
        assert isinstance(play, TranslationPlay)
        return self.l1 * l1_loss(play.made, play.targets)
