"""Latent optimisation (LOGAN)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class LatentOptimization(Penalty):
    """Play with latents that have made a step towards what the discriminator finds real; a longer step costs.

    z' = z + m o rate / (damping + ||g||^2) g,  g = grad_z D(G(z));    term: E[||z' - z||^2]

    a step of natural gradient descent, for each latent by itself, on a share of its numbers that the mask m chooses
    (Wu et al. 2019, arXiv:1912.00953). Both players play with z' and differentiate through the
    step. Latents of a uniform prior stay in [-1, 1]. Samples of a trained generator are made of plain latents.

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
    origin: ClassVar = Origin(
        "Wu et al., LOGAN: Latent Optimisation for Generative Adversarial Networks",
        2019,
        "1912.00953",
        cures=("stability", "mode diversity", "image quality"),
    )

    def latents(self, play: Play, latents: Tensor) -> Tensor:
        """Return the latents ``[M, *latent_shape]`` after the step, with a graph to the player's weights."""
        assert isinstance(play, TwoPlayerPlay)
        latents = latents.detach().requires_grad_(True)  # noqa: FBT003  (torch's own signature)
        made = play.game.networks["generator"](latents, play.fake_labels)
        judged = scores(play, play.judge(made, play.fake_labels, "latent_optimization"))
        (slope,) = torch.autograd.grad(judged.sum(), latents, create_graph=True)
        squares = slope.flatten(1).square().sum(dim=1).view(-1, *[1] * (slope.dim() - 1))
        moves = play.random.uniform("latent_optimization", *latents.shape) < self.share
        moved = latents.detach() + moves * (self.rate / (self.damping + squares)) * slope
        return moved.clamp(-1.0, 1.0) if play.game.prior == "uniform" else moved

    def __call__(self, play: Play) -> Tensor:
        """Return the mean squared length of the step, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        drawn = play.game.draw_latents(play.count, play.random, play.game.networks["generator"])
        return (play.latents - drawn).flatten(1).square().sum(dim=1).mean()
