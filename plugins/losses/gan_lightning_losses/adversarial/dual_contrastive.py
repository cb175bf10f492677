"""The dual contrastive loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.across import gather
from gan_lightning_losses.adversarial.comparing import Comparing


@dataclass(frozen=True)
class DualContrastive(Comparing, Loss):
    """Tell one real sample from a batch of generated ones, and one generated sample from a batch of real ones.

    C(r, f) = E_i[log(1 + sum_j exp(f_j - r_i))] + E_j[log(1 + sum_i exp(f_j - r_i))]
    D: C(r, f)      G: C(f, r), or -C(r, f) if `objective` is ``minimax``

    with logits r of real and f of generated samples (Yu et al. 2021, arXiv:2103.16748). The sums are over
    the whole batch, whatever the number of processes that share it; the loss grows with its logarithm.

    Args:
        objective: The generator's: ``non_saturating`` exchanges the roles of real and generated samples; ``minimax`` is
            the game of zero sum, whose gradients vanish where the discriminator is sure.
    """

    objective: Literal["non_saturating", "minimax"] = "non_saturating"

    origin: ClassVar = Origin(
        "Yu et al., Dual Contrastive Loss and Attention for GANs",
        2021,
        "2103.16748",
        descends_from=("non_saturating",),
        cures=("image quality",),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return _contrast(real.logits, fake.logits)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[N]`` and ``[M]``."""
        if self.objective == "minimax":
            return -_contrast(real.logits, fake.logits)
        return _contrast(fake.logits, real.logits)


def _contrast(high: Tensor, low: Tensor) -> Tensor:
    """Return what it costs that the first are not above the second ones, each against all others."""
    high, low = high.flatten(), low.flatten()
    every_low = gather(low).logsumexp(0)
    every_high = gather(-high).logsumexp(0)
    return softplus(every_low - high).mean() + softplus(low + every_high).mean()
