"""BigBiGAN: pairs, samples and latents are judged, and the encoder is a player of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from gan_lightning.game import Phase, Player
from gan_lightning.origin import Origin
from gan_lightning_inference.games.bigan import BiGANGame

BIGBIGAN_PAPER = Origin(
    "Donahue & Simonyan, Large Scale Adversarial Representation Learning",
    2019,
    "1907.02544",
    descends_from=("bigan", "biggan"),
    cures=("stability", "image quality"),
)


class BigBiGANGame(BiGANGame):
    """As `bigan`, with an optimiser of the encoder's own, for a discriminator of several scores.

    D: L_D(s(x, E(x)), s(G(z), z))      G: L_G(s(G(z), z))      E: L_G'(s(x, E(x)))

    With ``loss: hinge`` and the discriminator of the architecture `bigbigan`, whose logits are the scores s of sample,
    latent and pair, these are the paper's: hinge for D, and for G and E linear in all three, -E[s] and +E[s] (Donahue &
    Simonyan 2019, arXiv:1907.02544, equations 1 to 4). The paper takes the steps of G and E from one forward. Here the
    encoder moves after the generator, against the same discriminator and on the same samples; that is the same, since
    with a loss such as hinge neither's payment depends on the other.
    """

    origin: ClassVar = BIGBIGAN_PAPER
    players: ClassVar[tuple[Player, ...]] = (
        Player("discriminator", ("discriminator",)),
        Player("generator", ("generator",)),
        Player("encoder", ("encoder",)),
    )

    def encoding(self, phase: Phase) -> tuple[Phase, ...]:
        """Return a move of the two-player game, and after the generator's the encoder's."""
        if not phase.counts or "loss" not in phase.terms:
            return (phase,)
        return phase, replace(phase, player="encoder", terms={"loss": self.encoder_pays}, counts=False)
