"""The loss of EBGAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import relu

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.comparing import Comparing


@dataclass(frozen=True)
class Energy(Comparing, Loss):
    """The discriminator gives real samples low energy, and generated ones at least the margin.

    D: E[e(real)] + E[max(0, margin - e(fake))]      G: E[e(fake)]

    with energies e = -logits (Zhao, Mathieu & LeCun 2016, arXiv:1609.03126, equations 1 and 2). It is meant for a
    discriminator whose energy has a least value, such as the error of an autoencoder: with any other the energy of real
    samples falls without end.

    Args:
        margin: Energy above which generated samples count no more. Its right size is that of a real sample's energy
            early in training: of an error summed over a sample's values it is far larger than of a mean one.

    Raises:
        UserError: A margin that is not above 0.
    """

    margin: float = 1.0

    origin: ClassVar = Origin(
        "Zhao, Mathieu & LeCun, Energy-based Generative Adversarial Network",
        2016,
        "1609.03126",
        descends_from=("minimax",),
        cures=("stability", "image quality"),
    )

    def __post_init__(self) -> None:
        """Refuse a margin at which generated samples count nothing."""
        if self.margin <= 0.0:
            raise UserError(f"loss.margin: expected more than 0, got {self.margin:g}")

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[M]``."""
        return relu(self.margin + fake.logits).mean() - real.logits.mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return -fake.logits.mean()
