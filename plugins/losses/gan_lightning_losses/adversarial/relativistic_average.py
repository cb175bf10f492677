"""The relativistic loss against the average of the other side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor
from torch.nn.functional import relu, softplus

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.origin import Origin
from gan_lightning_losses.across import mean

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Terms:
    """What is paid for y, by how much a sample's logit is above the mean of the other side's.

    Args:
        f1: By the discriminator for real samples.
        f2: By the discriminator for generated samples.
        g1: By the generator for real samples.
        g2: By the generator for generated samples.
    """

    f1: Function
    f2: Function
    g1: Function
    g2: Function


def _mirrored(f1: Function, f2: Function) -> Terms:
    """Let the generator pay what the discriminator pays for the other kind, so that its gradients do not vanish."""
    return Terms(f1, f2, g1=f2, g2=f1)


#: By base.
TERMS: Mapping[str, Terms] = {
    "standard": _mirrored(lambda y: softplus(-y), softplus),
    "least_squares": _mirrored(lambda y: (y - 1.0).square(), lambda y: (y + 1.0).square()),
    "hinge": _mirrored(lambda y: relu(1.0 - y), lambda y: relu(1.0 + y)),
}


@dataclass(frozen=True)
class RelativisticAverage(Loss):
    """Whether a sample looks more real than the other side's samples do on average.

    D: E[f1(r - E f)] + E[f2(f - E r)]      G: E[g1(r - E f)] + E[g2(f - E r)]

    with logits r of real and f of generated samples, means over the batch, g1 = f2 and g2 = f1 (Jolicoeur-Martineau
    2018, arXiv:1807.00734); the author's code halves both sums. Means are over the whole batch, whatever
    the number of processes that share it, and gradients flow through them.

    Args:
        base: What is made relativistic: ``standard`` is cross-entropy (RaSGAN), then RaLSGAN and RaHingeGAN.
    """

    base: Literal["standard", "least_squares", "hinge"] = "standard"

    origin: ClassVar = Origin(
        "Jolicoeur-Martineau, The relativistic discriminator: a key element missing from standard GAN",
        2018,
        "1807.00734",
        descends_from=("relativistic", "least_squares", "hinge"),
        cures=("vanishing gradients", "image quality", "stability"),
    )

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        terms = TERMS[self.base]
        return _paid(terms.f1, terms.f2, real.logits, fake.logits)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[N]`` and ``[M]``."""
        terms = TERMS[self.base]
        return _paid(terms.g1, terms.g2, real.logits, fake.logits)


def _paid(first: Function, second: Function, real: Tensor, fake: Tensor) -> Tensor:
    return first(real - mean(fake)).mean() + second(fake - mean(real)).mean()
