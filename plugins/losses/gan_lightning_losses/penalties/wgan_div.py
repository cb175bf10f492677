"""The penalty of WGAN-div."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.input_gradients import InputGradientPenalty, input_gradients, norms


@dataclass(frozen=True)
class WGANDiv(InputGradientPenalty):
    """Make the Wasserstein loss a divergence that wants no Lipschitz critic.

    1/2 (E[||grad D(x)||^p] + E[||grad D(G(z))||^p])

    at real and at generated samples, with the L2 norm of each sample's whole gradient (Wu et al. 2018,
    arXiv:1712.01026).

    Args:
        weight: Factor on the term, the paper's k.
        every: Rounds between two applications.
        power: The paper's p.

    Raises:
        UserError: The power is not above 1, where W-div is defined.
    """

    weight: float = 2.0
    power: float = 6.0

    origin: ClassVar = Origin(
        "Wu et al., Wasserstein Divergence for GANs",
        2018,
        "1712.01026",
        descends_from=("wasserstein", "gradient_penalty"),
        cures=("stability", "image quality"),
    )

    def __post_init__(self) -> None:
        """Refuse a power that makes no divergence."""
        super().__post_init__()
        if self.power <= 1.0:
            raise UserError(f"penalties.wgan_div.power: expected more than 1, got {self.power:g}")

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        real = norms(input_gradients(play, play.real, play.real_labels, "real"))
        fake = norms(input_gradients(play, play.fake, play.judged_labels, "fake"))
        return 0.5 * (real.pow(self.power).mean() + fake.pow(self.power).mean())
