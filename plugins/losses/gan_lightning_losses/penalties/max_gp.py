"""The largest slope of a batch, of Lipschitz GANs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, gradients_between


@dataclass(frozen=True)
class MaxGradientPenalty(InputGradientPenalty):
    """Penalise the steepest of the batch's points between real and generated samples.

    max ||grad D(x)||^2,  x = a * real + (1 - a) * fake,  a ~ U(0, 1) for each sample

    an estimate of the squared Lipschitz constant, taken over the whole batch (Zhou et al. 2019, arXiv:1902.05687).

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
    """

    weight: float = 10.0

    origin: ClassVar = Origin(
        "Zhou et al., Lipschitz Generative Adversarial Nets",
        2019,
        "1902.05687",
        descends_from=("gradient_penalty",),
        cures=("vanishing gradients", "stability"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        return gather(gradients_between(play, "max_gp").square().sum(dim=1)).max()
