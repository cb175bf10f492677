"""The pulling-away term of energy-based GANs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import normalize

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.penalties.reading import features


@dataclass(frozen=True)
class PullingAway(Penalty):
    """Make generated samples look different to the discriminator.

    1 / (N (N - 1)) sum over i != j of cos(s_i, s_j)^2

    with the discriminator's features s of the N generated samples (Zhao et al. 2017, arXiv:1609.03126, section 2.4).
    The whole batch is compared, whatever the number of processes that share it. Features that are all positive, such
    as those behind a ReLU, are orthogonal only where none is active in both samples.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
    """

    weight: float = 0.1

    players: ClassVar = ("generator",)
    origin: ClassVar = Origin(
        "Zhao et al., Energy-based Generative Adversarial Network",
        2016,
        "1609.03126",
        cures=("mode diversity",),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: The discriminator offers no features, or there is nothing to compare a sample with.
        """
        assert isinstance(play, TwoPlayerPlay)
        directions = normalize(gather(features(play.fake_critique, "pulling_away")), dim=1)
        count = len(directions)
        if count < 2:
            raise UserError("penalties.pulling_away: it compares generated samples; expected at least 2 in a batch")
        cosines = directions @ directions.T
        return (cosines.square().sum() - cosines.diagonal().square().sum()) / (count * (count - 1))
