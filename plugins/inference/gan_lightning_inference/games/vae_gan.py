"""VAE/GAN: a variational autoencoder whose reconstructions are compared in the discriminator's features."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.origin import Origin
from gan_lightning_inference.encoder import GaussianEncoder
from gan_lightning_inference.games.base import InferenceGame, InferencePlay

_SMALL = {"hidden": 8, "latent": 4, "normalize": False}


class VAEGANPlay(InferencePlay):
    """What a turn sees: generated are samples of the prior's latents, and reconstructions of the real samples."""

    @cached_property
    def fake(self) -> Tensor:
        """Samples ``[M, *shape]``, then reconstructions ``[N, *shape]``, in one batch."""
        generator = self.game.networks["generator"]
        return torch.cat([generator(self.latents, self.fake_labels), generator(self.codes, self.real_labels)])

    @cached_property
    def judged_labels(self) -> Tensor | None:
        """Their classes ``[M + N]``."""
        if self.fake_labels is None or self.real_labels is None:
            return None
        return torch.cat([self.fake_labels, self.real_labels])


class VAEGANGame(InferenceGame):
    """The encoder and the generator are a variational autoencoder, the generator and the discriminator a GAN.

    D: L_D(x, fakes)      G: L_G(x, fakes) + `likeness` d      E: KL(q(z | x) || N(0, 1)) + d

    with d = E[|f(x) - f(G(z))|^2] / 2 for z ~ q(z | x) and D's features f, any adversarial loss, and for fakes both
    G(z) of the prior's z and reconstructions (Larsen et al. 2016, arXiv:1512.09300, algorithm 1). Squares and KL are
    sums over features and latents. The encoder is not paid by D. In the paper all three step from one forward; here
    the encoder moves after the generator, on the same samples.

    Args:
        parts: What the recipe provides; the encoder tells distributions, as those of `gaussian_encoder` and `ali` do,
            and the discriminator of samples offers features.
        likeness: Factor on d in what G pays, the paper's gamma.

    Raises:
        UserError: The encoder tells no distributions, the discriminator offers no features, or the prior is uniform.
    """

    origin: ClassVar = Origin(
        "Larsen et al., Autoencoding beyond pixels using a learned similarity metric",
        2015,
        "1512.09300",
        descends_from=("two_player",),
    )
    players: ClassVar = (
        Player("discriminator", ("discriminator",)),
        Player("generator", ("generator",)),
        Player("encoder", ("encoder",)),
    )
    example: ClassVar = {
        "architecture": {
            "name": "bigan",
            "generator": _SMALL,
            "discriminator": {"name": "conformance_kit/toy"},
            "encoder": {"name": "gaussian_encoder", **_SMALL},
        }
    }

    def __init__(self, parts: Parts, *, likeness: float = 0.1, **options: Any) -> None:
        super().__init__(parts, **options)
        if not isinstance(self.networks["encoder"], GaussianEncoder):
            raise UserError("architecture.encoder: it must tell distributions; take that of gaussian_encoder or ali")
        if self.prior != "normal":
            raise UserError("game.prior: codes are drawn to a normal one; leave it out")
        self.likeness = likeness
        self._phases = tuple(moved for phase in self._phases for moved in self._encoding(phase))

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return VAEGANPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def _encoding(self, phase: Phase) -> tuple[Phase, ...]:
        if not phase.counts:
            return (phase,)
        paid = {**phase.terms, "likeness": lambda play: self.likeness * distance(play)}
        encoder = replace(phase, player="encoder", terms={"prior": divergence, "likeness": distance}, counts=False)
        return replace(phase, terms=paid), encoder


def distance(play: Play) -> Tensor:
    """Return half the squared distance of real samples to their reconstructions in D's features, a scalar."""
    assert isinstance(play, VAEGANPlay)
    real = _features(play.real_critique)
    made = _features(play.fake_critique)[-len(real) :]
    return 0.5 * (real - made).square().sum(dim=1).mean()


def divergence(play: Play) -> Tensor:
    """Return KL(q(z | x) || N(0, 1)), summed over latents, a scalar."""
    assert isinstance(play, VAEGANPlay)
    mean, log_deviation = play.moments
    assert log_deviation is not None
    return 0.5 * (mean.square() + (2 * log_deviation).exp() - 1 - 2 * log_deviation).sum(dim=1).mean()


def _features(critique: Critique) -> Tensor:
    if critique.features is None:
        raise UserError("architecture.discriminator: it offers no features to compare samples in; take dcgan or mlp")
    return critique.features.flatten(1).float()
