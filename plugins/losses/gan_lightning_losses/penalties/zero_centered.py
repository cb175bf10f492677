"""The zero-centred gradient penalty on interpolates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, gradients_between


@dataclass(frozen=True)
class ZeroCentered(InputGradientPenalty):
    """Penalise the discriminator's slope on lines between real and generated samples.

    E[||grad D(x)||^2],  x = a * real + (1 - a) * fake,  a ~ U(0, 1) for each sample

    summed over a sample's values (Thanh-Tung et al. 2019, arXiv:1902.03984: 0-GP).

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
    """

    weight: float = 10.0

    origin: ClassVar = Origin(
        "Thanh-Tung et al., Improving Generalization and Stability of Generative Adversarial Networks",
        2019,
        "1902.03984",
        descends_from=("gradient_penalty", "r1"),
        cures=("stability", "mode diversity"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        return gradients_between(play, "zero_centered").square().sum(dim=1).mean()
