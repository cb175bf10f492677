"""The minimax loss of the first GAN, as its theory has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.cross_entropy import CrossEntropy


@dataclass(frozen=True)
class Minimax(CrossEntropy):
    """Cross-entropy as a game of zero sum: the generator minimises log(1 - D(G(z))).

    D: E[softplus(-r)] + E[softplus(f)]      G: -E[softplus(f)]

    with logits r of real and f of generated samples (Goodfellow et al. 2014, arXiv:1406.2661, equation 1). Against the
    best discriminator D's loss is 2 log 2 - 2 JS. The generator's gradient is -sigmoid(f) for a sample and vanishes
    where the discriminator is sure; `non_saturating` is the remedy of the same paper.
    """

    origin: ClassVar = Origin("Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661")

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return -softplus(fake.logits).mean()
