"""The gradient penalty of DRAGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import mean
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, input_gradients, norms


@dataclass(frozen=True)
class DRAGAN(InputGradientPenalty):
    """Pull the norm of the discriminator's gradient to a target around the data.

    E[(||grad D(x')|| - target)^2],  x' = x + a * spread * std * u

    with a ~ U(0, 1) for each sample, u ~ U(0, 1) for each of its values and std the deviation of all values of the real
    batch (Kodali et al. 2017, arXiv:1705.07215, algorithm 1, with the noise of the authors' code, which is not
    centred).

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
        target: The norm wanted.
        spread: Largest step away from a real value, in deviations.
    """

    weight: float = 10.0
    target: float = 1.0
    spread: float = 0.5

    origin: ClassVar = Origin(
        "Kodali et al., On Convergence and Stability of GANs",
        2017,
        "1705.07215",
        descends_from=("gradient_penalty",),
        cures=("stability", "mode diversity"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        real = play.real
        deviation = (mean(real.square()) - mean(real).square()).clamp(min=0.0).sqrt()
        noise = play.random.uniform("dragan noise", *real.shape)
        share = play.random.uniform("dragan", len(real), *[1] * (real.dim() - 1))
        around = real + share * self.spread * deviation * noise
        slopes = input_gradients(play, around, play.real_labels, "around")
        return norms(slopes).sub(self.target).square().mean()
