"""The LeCam regularisation for little data."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import mean
from gan_lightning_losses.penalties.reading import scores


class LeCam(nn.Module, Penalty):
    """Keep scores of real samples from rising above where those of generated ones usually are, and the reverse.

    E[max(0, r - a_F)^2] + E[max(0, a_R - f)^2]

    with scores r of real and f of generated samples, and anchors a_R and a_F: moving averages of their means (Tseng et
    al. 2021, arXiv:2104.03310, with the one-sided distance of the authors' code). The anchors move
    after each step of the discriminator and are kept in checkpoints; before its first step they are the batch's own
    means. The authors' code begins after 1000 updates: ``weight: {step: {from: 0.0, to: 0.3, steps: 1000}}``.

    Args:
        weight: Factor on the term, the paper's lambda. 0.3 is for scores near the hinge loss's margins.
        every: Rounds between two applications.
        decay: Share of the old anchor that a step keeps: 0.99 in the paper, 0.9 in the authors' code.

    Raises:
        UserError: The decay is not in [0, 1).
    """

    decay: float
    anchors: Tensor
    steps: Tensor

    origin: ClassVar = Origin(
        "Tseng et al., Regularizing Generative Adversarial Networks under Limited Data",
        2021,
        "2104.03310",
        cures=("stability", "mode diversity"),
    )

    def __init__(self, *, weight: float = 0.3, every: int = 1, decay: float = 0.99) -> None:
        nn.Module.__init__(self)
        Penalty.__init__(self, weight=weight, every=every)
        if not 0.0 <= decay < 1.0:
            raise UserError(f"penalties.lecam.decay: expected a number from 0 to below 1, got {decay:g}")
        self.decay = decay
        self.register_buffer("anchors", torch.zeros(2))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        real, fake = scores(play, play.real_critique), scores(play, play.fake_critique)
        of_real, of_fake = self._anchors(real, fake)
        return relu(real - of_fake).square().mean() + relu(of_real - fake).square().mean()

    @torch.no_grad()
    def after_step(self, play: Play) -> None:
        """Move the anchors towards the means of the turn's scores."""
        assert isinstance(play, TwoPlayerPlay)
        real, fake = play.real_critique.made, play.fake_critique.made
        if real is None or fake is None:  # a phase of another penalty has looked at neither
            return
        means = _means(scores(play, real), scores(play, fake))
        moved = torch.where(self.steps > 0, self.anchors.lerp(means, 1.0 - self.decay), means)
        sound = means.isfinite().all()  # the step of a turn whose scores are no numbers has been left out, too
        self.anchors.copy_(torch.where(sound, moved, self.anchors))
        self.steps.add_(sound)

    def _anchors(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        means = _means(real.detach(), fake.detach())
        of_real, of_fake = torch.where(self.steps > 0, self.anchors, means).unbind()
        return of_real, of_fake


def _means(real: Tensor, fake: Tensor) -> Tensor:
    """Return the means of all processes' scores ``[2]``."""
    return torch.stack([mean(real), mean(fake)]).float()
