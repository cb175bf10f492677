"""The drift term of progressive GANs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class Drift(Penalty):
    """Keep a critic's scores, which the Wasserstein loss leaves free up to a constant, from drifting off.

    E[r^2] with scores r of real samples (Karras et al. 2018, arXiv:1710.10196, appendix A.1).

    Args:
        weight: Factor on the term, the paper's epsilon.
        every: Rounds between two applications.
    """

    weight: float = 0.001

    origin: ClassVar = Origin(
        "Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and Variation",
        2017,
        "1710.10196",
        descends_from=("wasserstein", "gradient_penalty"),
        cures=("stability",),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        return scores(play, play.real_critique).square().mean()
