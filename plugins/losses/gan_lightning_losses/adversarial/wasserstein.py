"""The Wasserstein loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.comparing import Comparing


@dataclass(frozen=True)
class Wasserstein(Comparing, Loss):
    """Difference of mean scores: an estimate of the Wasserstein-1 distance if the critic is 1-Lipschitz.

    D: -E[r] + E[f]      G: -E[f]

    with scores r of real and f of generated samples, HIGH for real; the authors' code has the opposite sign
    (Arjovsky et al. 2017, arXiv:1701.07875, equation 2). Something must keep the critic Lipschitz: a
    gradient penalty, spectral normalisation or weight clipping.
    """

    origin: ClassVar = Origin(
        "Arjovsky et al., Wasserstein GAN",
        2017,
        "1701.07875",
        descends_from=("non_saturating",),
        cures=("vanishing gradients", "stability"),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the critic's loss from scores ``[N]`` and ``[M]``."""
        return fake.logits.mean() - real.logits.mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from scores ``[M]``; `real` is not read."""
        del real
        return -fake.logits.mean()
