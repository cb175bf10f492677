"""Predictability Minimization: an encoder whose units shall not be guessed from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts, Phase, Play, Player
from gan_lightning.layers import mean_over_processes
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import Term
from gan_lightning_classic.factorial import PREDICTABILITY_PAPER


class CodePlay(Play):
    """What a turn sees: codes, what the others say of each unit, and what becomes of the codes."""

    game: PredictabilityMinimization

    @cached_property
    def codes(self) -> Tensor:
        """Codes of the real samples ``[N, units]``; without a graph in all turns but the encoder's."""
        codes: Tensor = self.game.networks["encoder"](self.real)
        return codes

    @cached_property
    def predicted(self) -> Tensor:
        """What each unit is taken to be from all others ``[N, units]``."""
        predicted: Tensor = self.game.networks["predictors"](self.codes)
        return predicted

    @cached_property
    def decoded(self) -> Tensor:
        """What the decoder makes of the codes ``[N, *shape]``."""
        decoded: Tensor = self.game.networks["decoder"](self.codes)
        return decoded

    def observations(self) -> dict[str, Tensor]:
        """Return the codes that the encoder's turn has led to."""
        return {"codes": self.codes} if self.phase.player == "encoder" else {}


class PredictabilityMinimization(Game):
    """Units y of a code against predictors, each of which guesses one unit from all others (Schmidhuber 1992).

    Predictors: V      Encoder: -V - variance * sum_i Var(y_i) + reconstruction * R      Decoder: R
    V = sum_i E[(P_i(y without y_i) - y_i)^2]      R = E[(decoder(y) - x)^2]

    With perfect predictors V is the sum of the units' variances less that of what the others tell of them, so that the
    encoder makes units binary, half of the time on, and independent: a factorial code. The decoder learns from codes
    that it has no say in, unless `reconstruction` is above 0. Samples are made from units that are drawn independently
    with their mean activations, which is what such a code is for.

    Args:
        parts: What the recipe provides.
        turns: Turns of the predictors in a round, each with fresh samples.
        reconstruction: Factor on R in the encoder's turn, an optional part of the paper.
        variance: Factor on the units' variances, another.
        decay: Share of the mean activations that a batch keeps.

    Raises:
        UserError: A number is out of its range, the decoder is for other codes, or there is a loss, a penalty or an
            augmentation.

    Attributes:
        activity: Running mean of each unit, ``[units]``, the same on all processes.
    """

    origin = PREDICTABILITY_PAPER
    roles: ClassVar = ("encoder", "predictors", "decoder")
    players: ClassVar = tuple(Player(role, (role,)) for role in ("predictors", "encoder", "decoder"))
    averaged: ClassVar = ("encoder", "decoder")
    example: ClassVar = {"loss": None}
    activity: Tensor

    def __init__(
        self,
        parts: Parts,
        *,
        turns: int = 5,
        reconstruction: float = 0.0,
        variance: float = 0.0,
        decay: float = 0.99,
    ) -> None:
        _refuse_parts(parts)
        for name, factor in (("reconstruction", reconstruction), ("variance", variance)):
            if factor < 0:
                raise UserError(f"game.{name}: expected at least 0, got {factor:g}")
        if turns < 1:
            raise UserError(f"game.turns: expected at least 1, got {turns}")
        if not 0 <= decay < 1:
            raise UserError(f"game.decay: expected a share from 0 to below 1, got {decay:g}")
        super().__init__(parts, _networks(parts))
        self.turns, self.reconstruction, self.variance, self.decay = turns, reconstruction, variance, decay
        self.register_buffer("activity", torch.full((_units(self.networks["encoder"]),), 0.5))

    def phases(self) -> tuple[Phase, ...]:
        """Return the predictors' turns, the encoder's and the decoder's."""
        optional: dict[str, tuple[float, Term]] = {
            "variance": (self.variance, self._sameness),
            "reconstruction": (self.reconstruction, self._taught),
        }
        escape = {"escape": self._escape, **{name: term for name, (factor, term) in optional.items() if factor}}
        return (
            Phase("predictors", {"error": prediction_error}, turns=self.turns, fresh=True),
            Phase("encoder", escape, counts=True),
            Phase("decoder", {"reconstruction": reconstruction_error}),
        )

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return CodePlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def after_batch(self, play: Play) -> None:
        """Have the mean activations follow those of the encoder's turn."""
        if play.phase.player == "encoder":
            assert isinstance(play, CodePlay)
            self.activity.lerp_(mean_over_processes(play.codes.float().mean(dim=0)), 1 - self.decay)

    def sample(
        self,
        networks: Mapping[str, nn.Module],
        count: int,
        random: Randomness,
        labels: Tensor | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """Draw each unit by itself, on as often as it is on average, and decode: ``[count, *shape]``."""
        del labels, truncation
        codes = (random.uniform("codes", count, len(self.activity)) < self.activity).to(self.activity.dtype)
        return networks["decoder"](codes)  # type: ignore[no-any-return]

    def encode(self, networks: Mapping[str, nn.Module], samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` to codes ``[N, units]`` between 0 and 1."""
        del labels
        return networks["encoder"](samples)  # type: ignore[no-any-return]

    def reconstruct(self, networks: Mapping[str, nn.Module], samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode the codes of samples ``[N, *shape]``."""
        return networks["decoder"](self.encode(networks, samples, labels))  # type: ignore[no-any-return]

    def _escape(self, play: Play) -> Tensor:
        """Return -V. Its gradient comes by way of the units themselves, and of what others are told of them."""
        return -prediction_error(play)

    def _sameness(self, play: Play) -> Tensor:
        """Return the sum of the units' variances over the whole batch, negative and weighted."""
        assert isinstance(play, CodePlay)
        # The mean may be taken for constant: deviations add up to 0, so its own gradient vanishes
        deviations = play.codes - mean_over_processes(play.codes.mean(dim=0))
        return -self.variance * deviations.square().mean(dim=0).sum()

    def _taught(self, play: Play) -> Tensor:
        return self.reconstruction * reconstruction_error(play)


def prediction_error(play: Play) -> Tensor:
    """Return V, the sum over units of the mean squared error of what the others say."""
    assert isinstance(play, CodePlay)
    return (play.predicted - play.codes).square().mean(dim=0).sum()


def reconstruction_error(play: Play) -> Tensor:
    """Return R, the mean squared error of what becomes of the codes."""
    assert isinstance(play, CodePlay)
    return mse_loss(play.decoded, play.real)


def _networks(parts: Parts) -> dict[str, nn.Module]:
    """Build the encoder, predictors for its codes, and the decoder."""
    encoder = parts.networks["encoder"](parts.data, 0)
    units = _units(encoder)
    predictors = parts.networks["predictors"](DataSpec((units,), kind="points"), 0)
    decoder = parts.networks["decoder"](replace(parts.data, partners={}), 0)
    if decoder.latent_shape != (units,):
        raise UserError(
            f"architecture.decoder: it decodes codes of shape {decoder.latent_shape}, and the encoder has {units} "
            "units; set architecture.decoder.latent to ${architecture.encoder.units}"
        )
    return {"encoder": encoder, "predictors": predictors, "decoder": decoder}


def _units(encoder: nn.Module) -> int:
    return encoder.units  # type: ignore[return-value]


def _refuse_parts(parts: Parts) -> None:
    given = {"loss": parts.loss is not None, "penalties": bool(parts.penalties), "augment": bool(parts.augmentations)}
    for name, there in given.items():
        if there:
            raise UserError(f"{name}: what players of predictability_minimization pay is fixed; leave it out")
