"""Latent consistency: a small step in the latent changes the sample, and not the discriminator's opinion of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.outputs import precise
from gan_lightning_losses.penalties.reading import scores

_ORIGIN = Origin(
    "Zhao et al., Improved Consistency Regularization for GANs",
    2020,
    "2002.04724",
    descends_from=("consistency",),
    cures=("stability", "image quality", "mode diversity"),
)


@dataclass(frozen=True)
class LatentConsistency(Penalty):
    """Make the discriminator score samples of neighbouring latents alike; the first half of zCR.

    E[(D(G(z)) - D(G(z + d)))^2],  d ~ N(0, std^2)  (Zhao et al. 2021, arXiv:2002.04724)

    Alone it would teach the generator to ignore the latent: play it with `latent_spread`.

    Args:
        weight: Factor on the term, the paper's lambda_dis.
        every: Rounds between two applications.
        std: Deviation of the step.
    """

    weight: float = 20.0
    std: float = 0.05

    origin: ClassVar = _ORIGIN

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        after = scores(play, play.judge(neighbours(play, self.std), play.judged_labels, "fake"))
        return (scores(play, play.fake_critique) - after).square().mean()


@dataclass(frozen=True)
class LatentSpread(Penalty):
    """Make the generator turn neighbouring latents into different samples; the second half of zCR.

    -E[(G(z) - G(z + d))^2],  d ~ N(0, std^2)

    with the mean over all values of the samples: the term is a reward, below 0 (Zhao et al. 2021, arXiv:2002.04724).

    Args:
        weight: Factor on the term, the paper's lambda_gen.
        every: Rounds between two applications.
        std: Deviation of the step.
    """

    weight: float = 0.5
    std: float = 0.05

    players: ClassVar = ("generator",)
    rewards: ClassVar = True
    origin: ClassVar = _ORIGIN

    def __call__(self, play: Play) -> Tensor:
        """Return the reward, a scalar of at most 0."""
        assert isinstance(play, TwoPlayerPlay)
        return -precise(play.fake - neighbours(play, self.std)).square().mean()


def neighbours(play: TwoPlayerPlay, std: float) -> Tensor:
    """Return samples ``[M, *shape]`` of latents beside those of the turn."""
    step = std * play.random.normal("latent step", *play.latents.shape)
    made: Tensor = play.game.networks["generator"](play.latents + step, play.fake_labels)
    return made
