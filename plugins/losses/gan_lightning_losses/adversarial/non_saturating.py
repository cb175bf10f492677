"""The non-saturating loss of the first GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.smoothing import check_smoothing, surprise_at_real


@dataclass(frozen=True)
class NonSaturating(Loss):
    """Cross-entropy, with the generator maximising log D(G(z)) instead of minimising log(1 - D(G(z))).

    D: E[softplus(-r)] + E[softplus(f)]      G: E[softplus(-f)]

    with logits r of real and f of generated samples (Goodfellow et al. 2014, arXiv:1406.2661, section 3).

    Args:
        smoothing: What is taken from the label of real samples in the discriminator's loss (Salimans et al. 2016,
            arXiv:1606.03498: 0.1); generated samples keep 0, and the generator's loss is the same.

    Raises:
        UserError: It is below 0, or 1 or more.
    """

    smoothing: float = 0.0

    origin: ClassVar = Origin(
        "Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661", cures=("vanishing gradients",)
    )

    def __post_init__(self) -> None:
        """Refuse labels that are none."""
        check_smoothing(self.smoothing)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return surprise_at_real(real.logits, self.smoothing) + softplus(fake.logits).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return softplus(-fake.logits).mean()
