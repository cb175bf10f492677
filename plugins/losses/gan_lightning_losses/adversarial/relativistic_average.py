"""The relativistic loss against the average of the other side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.across import mean
from gan_lightning_losses.adversarial.comparing import Comparing
from gan_lightning_losses.adversarial.relativistic_terms import FUNCTIONS, TERMS, Base, Name


@dataclass(frozen=True)
class RelativisticAverage(Comparing, Loss):
    """Whether a sample looks more real than the other side's samples do on average.

    D: E[f1(r - E f)] + E[f2(f - E r)]      G: E[g1(r - E f)] + E[g2(f - E r)]

    with logits r of real and f of generated samples and means over the batch (Jolicoeur-Martineau 2018,
    arXiv:1807.00734); the author's code halves both sums. Means are over the whole batch, whatever the number of
    processes that share it, and gradients flow through them. A base gives all four functions, with g1 = f2 and g2 = f1
    so that the generator's gradients do not vanish; each can be another one by its name: ``softplus_minus``
    log(1 + e^-y), ``softplus_plus`` log(1 + e^y), ``squared_minus`` (y - 1)^2, ``squared_plus`` (y + 1)^2,
    ``hinge_minus`` max(0, 1 - y), ``hinge_plus`` max(0, 1 + y), ``minus`` -y, ``plus`` y, ``zero`` 0.

    Args:
        base: What is made relativistic: ``standard`` is cross-entropy (RaSGAN), then RaLSGAN, RaHingeGAN, and the
            Wasserstein loss twice, which is relativistic already.
        f1: The discriminator's function of real samples, the base's if None.
        f2: The discriminator's of generated samples, the base's if None.
        g1: The generator's of real samples, the base's if None.
        g2: The generator's of generated samples, the base's if None.
    """

    base: Base = "standard"
    f1: Name | None = None
    f2: Name | None = None
    g1: Name | None = None
    g2: Name | None = None

    origin: ClassVar = Origin(
        "Jolicoeur-Martineau, The relativistic discriminator: a key element missing from standard GAN",
        2018,
        "1807.00734",
        descends_from=("relativistic", "least_squares", "hinge"),
        cures=("vanishing gradients", "image quality", "stability"),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return self._paid("f1", "f2", real.logits, fake.logits)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[N]`` and ``[M]``."""
        return self._paid("g1", "g2", real.logits, fake.logits)

    def _paid(self, of_real: str, of_fake: str, real: Tensor, fake: Tensor) -> Tensor:
        first, second = (
            FUNCTIONS[getattr(self, name) or getattr(TERMS[self.base], name)] for name in (of_real, of_fake)
        )
        return first(real - mean(fake)).mean() + second(fake - mean(real)).mean()
