"""The hinge loss of Geometric GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class Hinge(Loss):
    """Hinge loss: the discriminator is a support vector machine with a soft margin of 1.

    D: E[max(0, 1 - r)] + E[max(0, 1 + f)]      G: -E[f]

    with logits r of real and f of generated samples (Lim & Ye 2017, arXiv:1705.02894, section 3).
    """

    origin: ClassVar = Origin(
        "Lim & Ye, Geometric GAN",
        2017,
        "1705.02894",
        descends_from=("wasserstein",),
        cures=("stability", "mode diversity"),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return relu(1.0 - real.logits).mean() + relu(1.0 + fake.logits).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return -fake.logits.mean()
