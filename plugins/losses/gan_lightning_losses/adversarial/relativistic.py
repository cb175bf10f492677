"""The relativistic loss of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.pairs import require_pairs


@dataclass(frozen=True)
class Relativistic(Loss):
    """Cross-entropy of the question which of two samples is the real one.

    D: E[softplus(-(r - f))]      G: E[softplus(-(f - r))]

    with logits r and f of the i-th real and the i-th generated sample (Jolicoeur-Martineau 2018, arXiv:1807.00734,
    RSGAN).
    """

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
        return softplus(fake.logits - real.logits).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[N]`` and ``[N]``.

        Raises:
            UserError: The batches differ in size.
        """
        require_pairs("relativistic", real.logits, fake.logits)
        return softplus(real.logits - fake.logits).mean()
