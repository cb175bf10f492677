"""What games with an encoder have in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.game import Parts
from gan_lightning.layers import asked_once
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_inference.encoder import moments_of


class InferencePlay(TwoPlayerPlay):
    """What a turn sees where there is an encoder."""

    game: InferenceGame

    @cached_property
    def samples(self) -> Tensor:
        """Real samples ``[N, *shape]``."""
        return self.batch.samples()

    @cached_property
    def moments(self) -> tuple[Tensor, Tensor | None]:
        """Means of their codes, and logarithms of deviations where the encoder tells distributions; ``[N, latent]``."""
        return moments_of(self.game.networks["encoder"], self.samples, self.real_labels)

    @cached_property
    def codes(self) -> Tensor:
        """Their codes ``[N, latent]``, drawn where the encoder tells distributions."""
        mean, log_deviation = self.moments
        if log_deviation is None:
            return mean
        return mean + log_deviation.exp() * self.random.normal("codes", *mean.shape).to(mean.dtype)


class InferenceGame(TwoPlayerGame):
    """A two-player game with an encoder, whose codes are latents of the generator. It is `Encoding`.

    Encoder and generator are averaged both.

    Args:
        parts: What the recipe provides.

    Raises:
        UserError: The encoder makes codes of another shape than the generator's latents, or samples are in packs.
    """

    roles: ClassVar = ("generator", "discriminator", "encoder")
    averaged: ClassVar = ("generator", "encoder")

    def __init__(self, parts: Parts, **options: Any) -> None:
        super().__init__(parts, **options)
        if self.pack > 1:
            raise UserError("game.pack: codes belong to single samples; set it to 1")
        classes = parts.data.classes if self.is_conditional else 0
        made = tuple(asked_once(self.networks["encoder"], parts.data, classes).shape[1:])
        wanted = tuple(self.networks["generator"].latent_shape)  # type: ignore[arg-type]
        if made != wanted:
            raise UserError(f"architecture.encoder: it makes codes of shape {made}, the generator takes {wanted}")

    def encode(self, networks: Mapping[str, nn.Module], samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the codes of samples; see `gan_lightning.abilities.Encoding`. Of distributions they are the means.

        Raises:
            UserError: The game is conditional, and there are no labels.
        """
        codes: Tensor = networks["encoder"](samples, self._told(labels))
        return codes

    def reconstruct(self, networks: Mapping[str, nn.Module], samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return what the generator makes of the codes of samples; see `gan_lightning.abilities.Encoding`."""
        made: Tensor = networks["generator"](self.encode(networks, samples, labels), self._told(labels))
        return made

    def _told(self, labels: Tensor | None) -> Tensor | None:
        if not self.is_conditional:
            return None
        if labels is None:
            raise UserError("encode: this game is conditional; give the classes of the samples")
        return labels
