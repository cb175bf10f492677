"""The discriminator's cross-entropy, which the losses of the first GAN share, with one-sided label smoothing."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError


@dataclass(frozen=True)
class CrossEntropy(Loss, ABC):
    """A loss whose discriminator minimises E[softplus(-r)] + E[softplus(f)].

    With the label 1 - s of real samples, (1 - s) softplus(-r) + s softplus(r) = softplus(-r) + s r. Only their labels
    are smoothed: a positive label for generated samples would draw the best discriminator to wherever they are
    (Salimans et al. 2016, arXiv:1606.03498, section 3.4).

    Args:
        smoothing: What is taken from the label of real samples in the discriminator's loss (Salimans et al. 2016,
            arXiv:1606.03498: 0.1); generated samples keep 0, and the generator's loss is the same.

    Raises:
        UserError: It is below 0, or 1 or more.
    """

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        """Refuse labels that are none."""
        if not 0.0 <= self.smoothing < 1.0:
            raise UserError(f"loss.smoothing: expected a number from 0 to below 1, got {self.smoothing:g}")

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        surprise = softplus(-real.logits).mean()
        if self.smoothing:
            surprise = surprise + self.smoothing * real.logits.mean()
        return surprise + softplus(fake.logits).mean()
