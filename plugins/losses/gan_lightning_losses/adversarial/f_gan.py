"""The losses of f-GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.divergences import DIVERGENCES, Divergence, Name, alpha


@dataclass(frozen=True)
class FGAN(Loss):
    """Any f-divergence, through its variational bound.

    D: -E[g(r)] + E[f*(g(f))]      G: -E[f*(g(f))], or -E[g(f)] if `objective` is ``non_saturating``

    with logits r of real and f of generated samples, g the divergence's output activation and f* the conjugate of its
    function (Nowozin et al. 2016, arXiv:1606.00709, equation 6 and section 3.2). Against the best discriminator D's
    loss is minus the divergence of real from generated samples. An undecided discriminator says 0, with ``kl`` 1,
    and with ``alpha`` of an order a below 1 -log(e^(1 / (1 - a)) - 1).

    ``kl``, ``reverse_kl``, ``neyman``, ``squared_hellinger`` and ``alpha`` with an order below 1 have exponentials of
    logits and overflow where those pass about 88, or less, in float32; the others take any logits.

    Args:
        divergence: Which.
        alpha: Order of the divergence named ``alpha``, neither 0 nor 1; the others do not read it.
        objective: The generator's: ``minimax``, or ``non_saturating``, the paper's heuristic against gradients that
            vanish.

    Raises:
        UserError: An order of 0 or 1.
    """

    divergence: Name = "jensen_shannon"
    alpha: float = 0.5
    objective: Literal["minimax", "non_saturating"] = "minimax"

    origin: ClassVar = Origin(
        "Nowozin et al., f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization",
        2016,
        "1606.00709",
        descends_from=("minimax",),
    )

    def __post_init__(self) -> None:
        """Refuse orders at which the alpha divergence is another one."""
        if self.alpha in (0.0, 1.0):
            other = {0.0: "reverse_kl", 1.0: "kl"}[self.alpha]
            raise UserError(f"loss.alpha: {self.alpha:g} has no formula of its own; use `divergence: {other}`")

    @property
    def threshold(self) -> float:
        """The logit at which the discriminator is undecided, where g is f'(1)."""
        return self._chosen().threshold

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        chosen = self._chosen()
        return chosen.conjugate(fake.logits).mean() - chosen.activation(real.logits).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        chosen = self._chosen()
        paid = chosen.conjugate if self.objective == "minimax" else chosen.activation
        return -paid(fake.logits).mean()

    def _chosen(self) -> Divergence:
        return alpha(self.alpha) if self.divergence == "alpha" else DIVERGENCES[self.divergence]
