"""The adversarial autoencoder: the discriminator judges codes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Player
from gan_lightning.headed import Headed
from gan_lightning.origin import Origin
from gan_lightning_inference.games.base import InferenceGame, InferencePlay

AAE_PAPER = Origin("Makhzani et al., Adversarial Autoencoders", 2015, "1511.05644", descends_from=("two_player",))
_SMALL = {"hidden": 8, "latent": 4, "normalize": False}


class CodeDiscriminator(nn.Module, ABC):
    """Judges codes.

    Args:
        latent: Length of the codes.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    @abstractmethod
    def forward(self, codes: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge codes ``[N, latent]`` with labels ``[N]``; logits are high for what the prior draws."""


class AAEPlay(InferencePlay):
    """What a turn sees where codes are judged: those that the prior draws are real, the encoder's are generated."""

    @property
    def drawn(self) -> Tensor:
        """What the prior draws ``[M, latent]``."""
        return self.latents

    @property
    def fake(self) -> Tensor:  # type: ignore[override]
        """The encoder's codes of real samples ``[N, latent]``; without a graph in the discriminator's turn."""
        return self.codes

    @property
    def judged_labels(self) -> Tensor | None:
        """Classes of the samples that were encoded ``[N]``."""
        return self.real_labels


class AAEGame(InferenceGame):
    """An autoencoder whose codes the discriminator cannot tell from what the prior draws.

    D: L_D(z, E(x))      G and E, in one step: `reconstruction` E[(x - G(E(x)))^2] + L_G(z, E(x))

    with z of the prior for real, codes for generated, and any adversarial loss (Makhzani et al. 2015, arXiv:1511.05644,
    section 2). The squared difference is the mean over a sample's values. Penalties see codes. G makes samples from
    what the prior draws, which it never sees in training.

    Args:
        parts: What the recipe provides; the discriminator is one of codes, such as that of `aae`.
        reconstruction: Factor on the squared difference.

    Raises:
        UserError: The discriminator judges no codes, or codes of another length; or there are augmentations.
    """

    origin: ClassVar = AAE_PAPER
    players: ClassVar = (Player("discriminator", ("discriminator",)), Player("generator", ("generator", "encoder")))
    example: ClassVar = {
        "architecture": {
            "name": "aae",
            "generator": _SMALL,
            "discriminator": {"hidden": 8, "latent": 4},
            "encoder": _SMALL,
        }
    }

    def __init__(self, parts: Parts, *, reconstruction: float = 10.0, **options: Any) -> None:
        if parts.augmentations:
            raise UserError(f"augment: {next(iter(parts.augmentations))} transforms samples, and codes are judged here")
        super().__init__(parts, **options)
        length = self.judged(parts.data, self.networks["discriminator"]).shape
        latent = tuple(self.networks["generator"].latent_shape)  # type: ignore[arg-type]
        if length != latent:
            raise UserError(
                f"architecture.discriminator.latent: it judges codes of shape {length}, the generator's latents have "
                f"shape {latent}; set both to one number"
            )
        self.reconstruction = reconstruction
        self._phases = tuple(self._reconstructing(phase) for phase in self._phases)

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return AAEPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def judged(self, data: DataSpec, discriminator: nn.Module) -> DataSpec:
        """Return the shape of a code."""
        body = discriminator.body if isinstance(discriminator, Headed) else discriminator
        if not isinstance(body, CodeDiscriminator):
            raise UserError(
                f"architecture.discriminator: {type(body).__name__} judges samples, and this game's must judge codes; "
                "take that of aae"
            )
        return replace(data, shape=(body.latent,), kind="points")

    def _reconstructing(self, phase: Phase) -> Phase:
        return replace(phase, terms={**phase.terms, "reconstruction": self._difference}) if phase.counts else phase

    def _difference(self, play: Play) -> Tensor:
        assert isinstance(play, AAEPlay)
        made = self.networks["generator"](play.codes, play.real_labels)
        difference: Tensor = (play.samples - made).square().mean()
        return self.reconstruction * difference
