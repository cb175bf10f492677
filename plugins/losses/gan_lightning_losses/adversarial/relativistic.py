"""The relativistic loss of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.comparing import Comparing
from gan_lightning_losses.adversarial.pairs import require_pairs
from gan_lightning_losses.adversarial.relativistic_terms import FUNCTIONS, TERMS, Base


@dataclass(frozen=True)
class Relativistic(Comparing, Loss):
    """What is paid for the question which of two samples is the real one.

    D: E[f1(r - f)]      G: E[f1(f - r)]      with f1(y) = log(1 + e^-y) as `base` has it by default

    with logits r and f of the i-th real and the i-th generated sample (Jolicoeur-Martineau 2018, arXiv:1807.00734,
    RSGAN). Of all bases f2(-y) = f1(y), so that the paper's second term would be the first again: it is left out.

    Args:
        base: What is made relativistic: ``standard`` is cross-entropy (RSGAN), then RLSGAN, (y - 1)^2, RHingeGAN,
            max(0, 1 - y), and the Wasserstein loss, -y.
    """

    base: Base = "standard"

    origin: ClassVar = Origin(
        "Jolicoeur-Martineau, The relativistic discriminator: a key element missing from standard GAN",
        2018,
        "1807.00734",
        descends_from=("non_saturating",),
        cures=("vanishing gradients", "image quality", "stability"),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[N]``.

        Raises:
            UserError: The batches differ in size.
        """
        require_pairs("relativistic", real.logits, fake.logits)
        return self._paid(real.logits, fake.logits)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[N]`` and ``[N]``.

        Raises:
            UserError: The batches differ in size.
        """
        require_pairs("relativistic", real.logits, fake.logits)
        return self._paid(fake.logits, real.logits)

    @property
    def paired(self) -> bool:
        """Both losses are of pairs."""
        return True

    def _paid(self, high: Tensor, low: Tensor) -> Tensor:
        return FUNCTIONS[TERMS[self.base].f1](high - low).mean()
