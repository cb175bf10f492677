"""Consistency regularisation: the discriminator's opinion of an image does not change with a flip or a shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.image_transforms import flip_and_shift
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class Consistency(Penalty):
    """Make the discriminator score a real image x and a flipped and shifted T(x) alike.

    E[(D(x) - D(T(x)))^2]  (Zhang et al. 2020, arXiv:1910.12027)

    Both are seen through the same augmentations, if the game has any.

    Args:
        weight: Factor on the term, the paper's lambda.
        every: Rounds between two applications.
        shift: Largest shift, as a share of each side: 4 of 32 pixels in the paper.
    """

    weight: float = 10.0
    shift: float = 0.125

    origin: ClassVar = Origin(
        "Zhang et al., Consistency Regularization for Generative Adversarial Networks",
        2019,
        "1910.12027",
        cures=("stability", "image quality"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: The data are no images.
        """
        assert isinstance(play, TwoPlayerPlay)
        return real_change(play, self.shift)


@dataclass(frozen=True)
class BalancedConsistency(Penalty):
    """Make the discriminator score real images x and generated ones G(z) as it scores them flipped and shifted.

    real * E[(D(x) - D(T(x)))^2] + fake * E[(D(G(z)) - D(T(G(z))))^2]  (Zhao et al. 2021, arXiv:2002.04724: bCR)

    Both of a pair are seen through the same augmentations, if the game has any.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        shift: Largest shift, as a share of each side.
        real: Factor on the part of real images, beside `weight`: the paper's lambda_real is their product.
        fake: Factor on the part of generated images, beside `weight`: the paper's lambda_fake is their product.
    """

    weight: float = 10.0
    shift: float = 0.125
    real: float = 1.0
    fake: float = 1.0

    excludes: ClassVar = {"consistency": "it has that term already"}
    origin: ClassVar = Origin(
        "Zhao et al., Improved Consistency Regularization for GANs",
        2020,
        "2002.04724",
        descends_from=("consistency",),
        cures=("stability", "image quality"),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: The data are no images.
        """
        assert isinstance(play, TwoPlayerPlay)
        moved = flip_and_shift(play.fake, play.random.at("consistency", "fake"), self.shift)
        before = scores(play, play.fake_critique)
        after = scores(play, play.judge(moved, play.judged_labels, "fake"))
        return self.real * real_change(play, self.shift) + self.fake * (before - after).square().mean()


def real_change(play: TwoPlayerPlay, shift: float) -> Tensor:
    """Return the mean squared change of the scores of real images by a flip and a shift, a scalar."""
    moved = flip_and_shift(play.real, play.random.at("consistency", "real"), shift)
    after = scores(play, play.judge(moved, play.real_labels, "real"))
    return (scores(play, play.real_critique) - after).square().mean()
