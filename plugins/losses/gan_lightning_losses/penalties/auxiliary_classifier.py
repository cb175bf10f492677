"""The auxiliary classifier of AC-GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_lightning.components import Penalty
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.outputs import output
from gan_lightning_losses.penalties.classes import classes_of

_HEAD = "auxiliary_classifier"
_WHERE = f"penalties.{_HEAD}"


@dataclass(frozen=True)
class AuxiliaryClassifier(Penalty):
    """Make the discriminator tell the classes of samples, and the generator make samples whose class it tells.

    D: real * E[CE(C(x), y)] + fake * E[CE(C(G(z, y)), y)]      G: generator * E[CE(C(G(z, y)), y)]

    with class logits C, a linear layer on the discriminator's features (Odena, Olah & Shlens 2017, arXiv:1610.09585).
    Both players minimise it: neither gains by samples without a class. Play it with
    ``game: {name: two_player, conditional: true, discriminator_labels: false}``: a discriminator whose features already
    know the class has nothing to tell.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        real: Factor on the discriminator's part of real samples.
        fake: Factor on its part of generated samples; 0 leaves it out, since early ones have no class.
        generator: Factor on the generator's term. The WGAN-GP code has 0.1, with `fake` 0.
    """

    real: float = 1.0
    fake: float = 1.0
    generator: float = 1.0

    players: ClassVar = ("discriminator", "generator")
    needs_classes: ClassVar = True
    origin: ClassVar = Origin(
        "Odena et al., Conditional Image Synthesis with Auxiliary Classifier GANs",
        2016,
        "1610.09585",
        cures=("image quality",),
    )

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the logits of the classes."""
        return {_HEAD: data.classes}

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        if play.phase.player == "generator":
            return self.generator * _surprise(play.fake_critique)
        of_real = self.real * _surprise(play.real_critique)
        return of_real + self.fake * _surprise(play.fake_critique) if self.fake else of_real


def _surprise(critique: Critique) -> Tensor:
    """Return the mean cross-entropy of the classes that samples were made, or drawn, with."""
    return cross_entropy(output(critique, _HEAD, _WHERE), classes_of(critique, _WHERE))
