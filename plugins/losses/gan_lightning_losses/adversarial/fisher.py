"""The loss of Fisher GAN."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.across import mean
from gan_lightning_losses.adversarial.comparing import Comparing


class Fisher(nn.Module, Comparing, Loss):
    """Difference of mean scores under a constraint on the critic's second moment.

    D: -(E r - E f) - lambda (1 - O) + rho / 2 (1 - O)^2      O = 1/2 (E r^2 + E f^2)      G: -E f

    with scores r of real and f of generated samples (Mroueh & Sercu 2017, arXiv:1705.09675: an augmented
    Lagrangian). O = 1 is reached by the multiplier lambda, which begins at 0 and moves by -rho (1 - O) whenever the
    discriminator's loss is differentiated: once for each batch of its turns. It is kept in checkpoints. O is of the
    whole batch, whatever the number of processes that share it.

    Args:
        rho: Weight of the squared constraint, and step of the multiplier.

    Raises:
        UserError: A weight that is not above 0.
    """

    rho: float
    multiplier: Tensor

    origin: ClassVar = Origin(
        "Mroueh & Sercu, Fisher GAN",
        2017,
        "1705.09675",
        descends_from=("wasserstein",),
        cures=("stability",),
    )

    def __init__(self, *, rho: float = 1e-6) -> None:
        super().__init__()
        if rho <= 0.0:
            raise UserError(f"loss.rho: expected more than 0, got {rho:g}")
        self.rho = rho
        self.register_buffer("multiplier", torch.zeros(()))

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the critic's loss from scores ``[N]`` and ``[M]``; differentiating it moves the multiplier."""
        moment = 0.5 * (mean(real.logits.square()) + mean(fake.logits.square()))
        slack = 1.0 - moment
        if slack.requires_grad:
            found = slack.detach()
            slack.register_hook(lambda _: self._move(found))  # type: ignore[no-untyped-call]
        # A copy, since the multiplier moves before the graph that it stands in is done.
        constraint = self.multiplier.clone() * slack - 0.5 * self.rho * slack.square()
        return fake.logits.mean() - real.logits.mean() - constraint

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from scores ``[M]``; `real` is not read."""
        del real
        return -fake.logits.mean()

    def _move(self, slack: Tensor) -> None:
        self.multiplier.sub_(self.rho * slack)
