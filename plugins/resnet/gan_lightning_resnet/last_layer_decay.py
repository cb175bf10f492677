"""The weight decay of geometric GAN, whose discriminator ends with a support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class LastLayerDecay(Penalty):
    """Keep the normal of the hyperplane short: 1/2 |w|^2 of the discriminator's last layer only.

    Beside the hinge loss this is a support vector machine on the discriminator's features (Lim & Ye 2017,
    arXiv:1705.02894). The authors' weight is 1 / (batch size * C) with C = 1. A layer that is spectrally
    normalised is divided by its length anyway, and feels nothing of this.

    Args:
        weight: Factor on the term; 1 / 64 is that of a batch of 64.
        every: Rounds between two applications.
    """

    weight: float = 1 / 64

    origin: ClassVar = Origin(
        "Lim and Ye, Geometric GAN",
        2017,
        "1705.02894",
        descends_from=("hinge",),
        cures=("stability", "mode diversity"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        return 0.5 * last_weight(play.game.networks["discriminator"]).square().sum()


def last_weight(discriminator: nn.Module) -> Tensor:
    """Return the weight of the last linear layer or convolution that has one output, the logit.

    Raises:
        UserError: There is none.
    """
    for layer in reversed(list(discriminator.modules())):
        if isinstance(layer, nn.Linear | nn.Conv2d) and len(layer.weight) == 1:
            return layer.weight
    raise UserError("penalties.last_layer_decay: this architecture's discriminator has no layer with one output")
