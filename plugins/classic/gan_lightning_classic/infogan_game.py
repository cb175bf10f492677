"""InfoGAN: a game in which the discriminator's network also reads what a sample was made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_lightning.components import Head
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning.two_player.game import Prior
from gan_lightning_classic.codes import Codes
from gan_lightning_classic.infogan import INFOGAN_PAPER

HEAD = "codes"


class InfoGANGame(TwoPlayerGame):
    """The last entries of a latent are codes c, and both players are paid for what samples tell of them.

    D: L_D - I      G: L_G - I      I = categorical_weight * I_cat + continuous_weight * I_cont

    with any adversarial loss, and the lower bound E[log Q(c | G(z, c))] + H(c) of the mutual information (Chen et al.
    2016, arXiv:1606.03657, equation 6). Q is two layers on the discriminator's features, trained by the discriminator's
    optimiser. It is asked of generated samples only.

    Args:
        parts: What the recipe provides.
        categorical: Number of categories of each categorical code.
        continuous: Number of continuous codes, uniform in [-1, 1].
        categorical_weight: Factor on the information on categorical codes, the paper's lambda.
        continuous_weight: Factor on that of continuous codes. The paper has a smaller one; the authors' code has 1.
        code_hidden: Width of Q's hidden layer.
        prior: Distribution of the other entries of a latent.

    Raises:
        UserError: The generator's latents have no room for the codes, or samples are judged in packs.
    """

    origin = INFOGAN_PAPER
    example: ClassVar = {"game": {"categorical": [2], "continuous": 1, "code_hidden": 8}}

    def __init__(
        self,
        parts: Parts,
        *,
        categorical: tuple[int, ...] = (10,),
        continuous: int = 2,
        categorical_weight: float = 1.0,
        continuous_weight: float = 1.0,
        code_hidden: int = 128,
        prior: Prior = "uniform",
        **options: Any,
    ) -> None:
        self.codes = Codes(tuple(categorical), continuous)
        self.code_hidden = code_hidden
        self.categorical_weight = categorical_weight
        self.continuous_weight = continuous_weight
        super().__init__(parts, prior=prior, **options)
        if self.pack > 1:
            raise UserError("game.pack: codes belong to single samples; set it to 1")
        self._require_room(self.networks["generator"])
        self._phases = tuple(self._informed(phase) for phase in self._phases)

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return Q: logits of the categorical codes and means of the continuous ones, ``[N, size]``."""
        del data
        return {HEAD: self._reader}

    def draw_latents(self, count: int, random: Randomness, generator: nn.Module) -> Tensor:
        """Draw latents ``[count, latent]``, the last entries of which are codes."""
        latents = super().draw_latents(count, random, generator)
        return torch.cat([latents[:, : -self.codes.size], self.codes.draw(count, random)], dim=1)

    def truncate_latents(self, latents: Tensor, truncation: float, random: Randomness) -> Tensor:
        """Return latents ``[count, latent]`` without what is beyond `truncation`; codes stay as they are."""
        cut = super().truncate_latents(latents, truncation, random)
        return torch.cat([cut[:, : -self.codes.size], latents[:, -self.codes.size :]], dim=1)

    def sweep(
        self, generator: nn.Module, random: Randomness, *, code: int = 0, columns: int = 10, span: float = 1.0
    ) -> Tensor:
        """Return the latents of a grid of samples that differ in two codes and in nothing else.

        Args:
            generator: The generator, which tells the length of latents.
            random: Where all that they share comes from.
            code: Which continuous code changes from left to right; the others are 0.
            columns: Samples in a row.
            span: The continuous code goes from ``-span`` to ``span``; beyond 1 is what training has not seen.

        Returns:
            ``[rows * columns, latent]``, a row for each category of the first categorical code.

        Raises:
            UserError: There is no such continuous code.
        """
        if not 0 <= code < self.codes.continuous:
            raise UserError(f"code: expected a continuous code from 0 to {self.codes.continuous - 1}, got {code}")
        rows = self.codes.categorical[0] if self.codes.categorical else 1
        latents = self.draw_latents(1, random, generator).repeat(rows * columns, 1)
        categorical, continuous = self.codes.split(latents[:, -self.codes.size :])
        place = torch.arange(rows * columns, device=latents.device)
        for hot in categorical[:1]:
            hot.copy_(one_hot(place // columns, rows))
        continuous.zero_()
        continuous[:, code] = torch.linspace(-span, span, columns, device=latents.device)[place % columns]
        return latents

    def _reader(self, width: int, linear: Callable[[int, int], nn.Linear]) -> nn.Module:
        hidden = self.code_hidden
        return nn.Sequential(
            linear(width, hidden), nn.BatchNorm1d(hidden), nn.LeakyReLU(0.1), linear(hidden, self.codes.size)
        )

    def _require_room(self, generator: nn.Module) -> None:
        shape: tuple[int, ...] = generator.latent_shape  # type: ignore[assignment]
        if len(shape) != 1 or shape[0] < self.codes.size:
            raise UserError(
                f"game.categorical: codes take the last {self.codes.size} entries of a latent, and the generator's "
                f"have shape {shape}; set architecture.generator.latent to {self.codes.size} or more"
            )

    def _informed(self, phase: Phase) -> Phase:
        """Add the information to the phases with the adversarial loss."""
        regular = phase.counts or phase.fresh
        return replace(phase, terms={**phase.terms, "information": self._missing}) if regular else phase

    def _missing(self, play: Play) -> Tensor:
        """Return the weighted information with its sign turned, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        codes = play.latents[:, -self.codes.size :]
        of_categories, of_numbers = self.codes.information(codes, play.fake_critique.extras[HEAD])
        return -(self.categorical_weight * of_categories + self.continuous_weight * of_numbers)
