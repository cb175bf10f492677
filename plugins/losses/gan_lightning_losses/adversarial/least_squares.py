"""The loss of LSGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class LeastSquares(Loss):
    """Least squares: samples pay for being far from the value that is asked of them, on either side.

    D: 1/2 E[(r - b)^2] + 1/2 E[(f - a)^2]      G: 1/2 E[(f - c)^2]

    with logits r of real and f of generated samples (Mao et al. 2016, arXiv:1611.04076, equation 2). With b - c = 1
    and b - a = 2, as in (-1, 1, 0), the generator minimises the Pearson chi-squared divergence.

    Args:
        a: What the discriminator asks of generated samples.
        b: What the discriminator asks of real samples, more than `a`.
        c: What the generator asks of its samples, more than `a`.

    Raises:
        UserError: The discriminator or the generator would be asked to mistake one kind for the other.
    """

    a: float = 0.0
    b: float = 1.0
    c: float = 1.0

    origin: ClassVar = Origin(
        "Mao et al., Least Squares Generative Adversarial Networks",
        2016,
        "1611.04076",
        descends_from=("non_saturating",),
        cures=("vanishing gradients", "image quality", "stability"),
    )

    def __post_init__(self) -> None:
        """Refuse targets in the wrong order, since HIGH is real."""
        for name, value in (("b", self.b), ("c", self.c)):
            if value <= self.a:
                raise UserError(f"loss.{name}: expected more than a, {self.a:g}, since high is real; got {value:g}")

    @property
    def threshold(self) -> float:
        """Half way between what is asked of the two kinds."""
        return 0.5 * (self.a + self.b)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return 0.5 * ((real.logits - self.b).square().mean() + (fake.logits - self.a).square().mean())

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return 0.5 * (fake.logits - self.c).square().mean()
