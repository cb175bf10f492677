"""The gradient penalty of WGAN-GP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu

from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, gradients_between, norms


@dataclass(frozen=True)
class GradientPenalty(InputGradientPenalty):
    """Pull the norm of the critic's gradient to a target on lines between real and generated samples.

    E[(||grad D(x)|| - target)^2],  x = a * real + (1 - a) * fake,  a ~ U(0, 1) for each sample

    with the L2 norm of each sample's whole gradient (Gulrajani et al. 2017, arXiv:1704.00028, equation 3).

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
        target: The norm wanted.
        one_sided: Whether only norms above the target cost, as in WGAN-LP (arXiv:1709.08894).
    """

    weight: float = 10.0
    target: float = 1.0
    one_sided: bool = False

    origin: ClassVar = Origin(
        "Gulrajani et al., Improved Training of Wasserstein GANs",
        2017,
        "1704.00028",
        descends_from=("wasserstein",),
        cures=("vanishing gradients", "stability"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        excess = norms(gradients_between(play, "gradient_penalty")) - self.target
        return (relu(excess) if self.one_sided else excess).square().mean()
