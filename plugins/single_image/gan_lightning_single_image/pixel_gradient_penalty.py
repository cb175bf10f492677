"""The gradient penalty of SinGAN, which looks at each pixel by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay


@dataclass(frozen=True)
class PixelGradientPenalty(Penalty):
    """Pull the norm of the discriminator's gradient to 1 at every pixel, between real and generated images.

    mean over pixels of (||g||_2 over the channels - 1)^2,  g = the gradient of the SUM of all logits of a sample by
    x = a * real + (1 - a) * fake,  a ~ U(0, 1) for each sample

    The paper writes of WGAN-GP, whose norm is that of a sample's whole gradient (`gradient_penalty`); this is what the
    authors' code does (arXiv:1905.01164). It is played with batch normalisation in the discriminator, as published.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
    """

    weight: float = 0.1

    origin: ClassVar = Origin(
        "Rott Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image",
        2019,
        "1905.01164",
        descends_from=("gradient_penalty",),
        cures=("stability",),
    )
    differentiates_twice: ClassVar = True

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar.

        Raises:
            UserError: There are not as many real as generated samples.
        """
        assert isinstance(play, TwoPlayerPlay)
        real, fake = play.real.float(), play.fake.detach().float()
        if len(real) != len(fake):
            raise UserError(
                "penalties.pixel_gradient_penalty: it pairs real and generated samples; batches must be equal"
            )
        share = play.random.uniform("pixel_gradient_penalty", len(real), *[1] * (real.dim() - 1))
        between = fake.lerp(real, share).requires_grad_()
        critique = play.judge(between, play.real_labels, "between")
        assert play.game.parts.loss is not None
        scores = play.game.parts.loss.scores(critique)
        (slopes,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
        norms: Tensor = torch.linalg.vector_norm(slopes, dim=1)
        return (norms - 1).square().mean()
