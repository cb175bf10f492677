"""The gradient penalty of WGAN-GP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.input_gradients import input_gradients


@dataclass(frozen=True)
class GradientPenalty(Penalty):
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

    differentiates_twice: ClassVar = True
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
        real, fake = play.real, play.fake
        if len(real) != len(fake):
            raise UserError("penalties.gradient_penalty: it pairs real and generated samples; batches must be equal")
        share = play.random.uniform("gradient_penalty", len(real), *[1] * (real.dim() - 1))
        between = real.lerp(fake, 1.0 - share)
        norms = input_gradients(play, between, play.real_labels, "between").norm(dim=1)
        excess = norms - self.target
        return (relu(excess) if self.one_sided else excess).square().mean()
