"""Latent optimisation (LOGAN)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.components import Penalty
from gan_lightning.game import Game, Play
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_losses.outputs import precise
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class LatentOptimization(Penalty):
    """Play with latents that have made a step towards what the discriminator finds real; a longer step costs.

    z' = z + m o rate / (damping + ||g||^2) g,  g = grad_z D(G(z));    term: E[||z' - z||^2]

    a step of natural gradient descent, for each latent by itself, on a share of its numbers that the mask m chooses
    (Wu et al. 2019, arXiv:1912.00953). Both players play with z' and differentiate through the
    step. Latents of a uniform prior stay in [-1, 1]. Samples of a trained generator are made of z', too, as in the
    paper, by the trained discriminator: it has to be at hand where samples are made.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications of the term; the step is made in each turn.
        rate: Length of the step, the paper's alpha.
        damping: What keeps the step short where the slope is small, the paper's beta.
        share: Share of a latent's numbers that moves.
    """

    weight: float = 0.1
    rate: float = 0.9
    damping: float = 0.1
    share: float = 0.8

    players: ClassVar = ("discriminator", "generator")
    differentiates_twice: ClassVar = True
    excludes: ClassVar = {
        name: "there a sample has no score before a batch has been compared" for name in ("cramer", "mmd")
    }
    origin: ClassVar = Origin(
        "Wu et al., LOGAN: Latent Optimisation for Generative Adversarial Networks",
        2019,
        "1912.00953",
        cures=("stability", "mode diversity", "image quality"),
    )

    def latents(self, play: Play, latents: Tensor) -> Tensor:
        """Return the latents ``[M, *latent_shape]`` after the step, with a graph to the player's weights."""
        assert isinstance(play, TwoPlayerPlay)

        def score(latents: Tensor) -> Tensor:
            made = play.game.networks["generator"](latents, play.fake_labels)
            return scores(play, play.judge(made, play.judged_labels, "latent_optimization"))

        return self._moved(play.game, score, latents, play.random)

    def sampled(
        self, game: Game, networks: Mapping[str, nn.Module], latents: Tensor, labels: Tensor | None, random: Randomness
    ) -> Tensor:
        """Return the latents ``[N, *latent_shape]`` after the step; samples are judged as they are, not augmented."""
        assert isinstance(game, TwoPlayerGame)
        loss = game.parts.loss
        assert loss is not None

        def score(latents: Tensor) -> Tensor:
            critique = game.ask(networks["discriminator"], networks["generator"](latents, labels), labels)
            return precise(loss.scores(critique))

        with torch.enable_grad():
            return self._moved(game, score, latents, random).detach()

    def _moved(
        self, game: TwoPlayerGame, score: Callable[[Tensor], Tensor], latents: Tensor, random: Randomness
    ) -> Tensor:
        latents = latents.detach().requires_grad_(True)  # noqa: FBT003  (torch's own signature)
        (slope,) = torch.autograd.grad(score(latents).sum(), latents, create_graph=True)
        squares = slope.flatten(1).square().sum(dim=1).view(-1, *[1] * (slope.dim() - 1))
        moves = random.uniform("latent_optimization", *latents.shape) < self.share
        moved = latents.detach() + moves * (self.rate / (self.damping + squares)) * slope
        return moved.clamp(-1.0, 1.0) if game.prior == "uniform" else moved

    def __call__(self, play: Play) -> Tensor:
        """Return the mean squared length of the step, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        drawn = play.game.draw_latents(play.count, play.random, play.game.networks["generator"])
        return (play.latents - drawn).flatten(1).square().sum(dim=1).mean()
