"""Feature matching."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.penalties.reading import features

Distance = Literal["squared", "absolute"]


@dataclass(frozen=True)
class FeatureMatching(Penalty):
    """Give the generator the mean of the discriminator's features to match.

    mean over features of d(E[s(x)] - E[s(G(z))]),  d the square or the magnitude

    with the discriminator's features s of real and of generated samples (Salimans et al. 2016, arXiv:1606.03498,
    section 3.1). The paper writes the squared L2 norm, which is the number of features times larger than the mean of
    the authors' code that is taken here.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        distance: ``squared``, as in the paper, or ``absolute``, as in the authors' code for colour images.
    """

    distance: Distance = "squared"

    players: ClassVar = ("generator",)
    origin: ClassVar = Origin(
        "Salimans et al., Improved Techniques for Training GANs",
        2016,
        "1606.03498",
        cures=("stability", "mode diversity"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: The discriminator offers no features.
        """
        assert isinstance(play, TwoPlayerPlay)
        real, fake = (features(side, "feature_matching") for side in (play.real_critique, play.fake_critique))
        return _DISTANCES[self.distance](gather(real).mean(dim=0) - gather(fake).mean(dim=0)).mean()


_DISTANCES: Mapping[Distance, Callable[[Tensor], Tensor]] = {"squared": Tensor.square, "absolute": Tensor.abs}
