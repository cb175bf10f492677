"""The R2 penalty: the discriminator's squared gradient on generated samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, input_gradients


@dataclass(frozen=True)
class R2(InputGradientPenalty):
    """Penalise the discriminator's slope at what is generated.

    E[||grad D(x)||^2] on generated samples x, summed over a sample's values. With the usual form gamma/2 * R2, `weight`
    is gamma/2 (Mescheder et al. 2018, arXiv:1801.04406, equation 10). Beside `r1` give both the same weight.

    Args:
        weight: Factor on the term, half the paper's gamma.
        every: Rounds between two applications.
    """

    weight: float = 5.0

    origin: ClassVar = Origin(
        "Mescheder et al., Which Training Methods for GANs do actually Converge?",
        2018,
        "1801.04406",
        descends_from=("r1",),
        cures=("stability",),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        return input_gradients(play, play.fake, play.judged_labels, "fake").square().sum(dim=1).mean()
