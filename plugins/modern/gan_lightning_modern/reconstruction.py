"""The discriminator as an encoder of the real images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay


@dataclass(frozen=True)
class Reconstruction(Penalty):
    """Have a discriminator that can decode its maps reconstruct the real images (arXiv:2101.04775, equation 4).

    E[error(x)] on real samples x, as the discriminator tells it in ``extras["reconstruction"]``; `fastgan`'s does.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
    """

    origin: ClassVar = Origin(
        "Liu et al., Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
        2021,
        "2101.04775",
        cures=("stability", "mode diversity"),
    )
    reads: ClassVar = ("reconstruction",)

    def __call__(self, play: Play) -> Tensor:
        """Return the error, a scalar.

        Raises:
            UserError: The discriminator reconstructs nothing.
        """
        assert isinstance(play, TwoPlayerPlay)
        extras = play.real_critique.extras
        if "reconstruction" not in extras:
            raise UserError(
                "penalties.reconstruction: this architecture's discriminator does not decode; use fastgan's"
            )
        error: Tensor = extras["reconstruction"]
        return error.mean()
