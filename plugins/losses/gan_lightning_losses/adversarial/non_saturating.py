"""The non-saturating loss of the first GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.cross_entropy import CrossEntropy


@dataclass(frozen=True)
class NonSaturating(CrossEntropy):
    """Cross-entropy, with the generator maximising log D(G(z)) instead of minimising log(1 - D(G(z))).

    D: E[softplus(-r)] + E[softplus(f)]      G: E[softplus(-f)]

    with logits r of real and f of generated samples (Goodfellow et al. 2014, arXiv:1406.2661, section 3).
    """

    origin: ClassVar = Origin(
        "Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661", cures=("vanishing gradients",)
    )

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return softplus(-fake.logits).mean()
