"""LAPGAN: a GAN at each level of a pyramid, trained with real images of the level before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from gan_lightning.critique import DeferredCritique
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.two_player import Term, TwoPlayerGame, TwoPlayerPlay
from gan_lightning.two_player.game import Prior
from gan_lightning_classic.lapgan import LAPGAN_PAPER, LAPGANDiscriminator, LAPGANGenerator


class LevelsPlay(TwoPlayerPlay):
    """What a turn sees: at each level real images, and such as are made from the real ones of the level before."""

    game: LAPGANGame

    @cached_property
    def reals(self) -> list[Tensor]:
        """Real images of each level, coarse to fine, ``[N, C, *size]``."""
        return self.game.discriminator.pyramid(self.real)

    @cached_property
    def fakes(self) -> list[Tensor]:
        """Images of each level, from real ones of the level before ``[N, C, *size]``."""
        generator, before = self.game.generator, [None, *self.reals[:-1]]
        return [generator.refined(level, self.latents, real, self.real_labels) for level, real in enumerate(before)]

    @cached_property
    def critiques(self) -> list[tuple[DeferredCritique, DeferredCritique]]:
        """Opinions of real and generated images at each level, each made when it is first read."""
        levels = range(len(self.game.discriminator.levels))
        return [(self._judged(level, lambda: self.reals), self._judged(level, lambda: self.fakes)) for level in levels]

    def observations(self) -> dict[str, Tensor]:
        """Return the logits of all levels that the discriminator's turn has led to."""
        if self.phase.player != "discriminator":
            return {}
        made = [[critique.made for critique in side] for side in zip(*self.critiques, strict=True)]
        sides = {name: [one.logits for one in side if one] for name, side in zip(("real", "fake"), made, strict=True)}
        return {f"logits/{name}": torch.cat(logits) for name, logits in sides.items() if logits}

    def _judged(self, level: int, images: Callable[[], list[Tensor]]) -> DeferredCritique:
        return DeferredCritique(lambda: self.game.discriminator.judged(level, images()[level], self.real_labels))


class LAPGANGame(TwoPlayerGame):
    """A GAN at each level k of a pyramid of images x_0, x_1... whose sides double (arXiv:1506.05751, section 3.2).

    D: sum_k L_D(x_k, up(x_(k-1)) + G_k(z_k, up(x_(k-1))))      G: sum_k L_G of the same

    with any loss; x_(k-1) are real images at every level, and nothing is made from what is made until samples are. So
    no level knows of another. All have one optimiser a player, which is as many: their weights are disjoint, and
    optimisers treat each weight by itself. Only `train.clip` looks at all levels' gradients together. A conditional
    game's levels have the classes of the real images.

    Args:
        parts: What the recipe provides.
        n_dis: Turns of the discriminator in a round.
        n_gen: Turns of the generator in a round.
        conditional: Whether all networks are given the classes of samples.
        prior: Distribution of the noise: standard normal, or uniform on [-1, 1].

    Raises:
        UserError: The networks are not those of `lapgan` with levels of the same sizes, the loss reads more than
            logits, or there are penalties or augmentations.
    """

    origin = LAPGAN_PAPER
    example: ClassVar = {
        "architecture": {
            "name": "lapgan",
            "generator": {"coarsest": 5, "channels": 4, "hidden": 8, "latent": 4},
            "discriminator": {"coarsest": 5, "channels": 4, "hidden": 8, "dropout": 0.0},
        }
    }

    def __init__(
        self,
        parts: Parts,
        *,
        n_dis: int = 1,
        n_gen: int = 1,
        conditional: bool = False,
        prior: Prior = "uniform",
    ) -> None:
        _refuse_parts(parts)
        super().__init__(parts, n_dis=n_dis, n_gen=n_gen, conditional=conditional, prior=prior)
        if not isinstance(self.networks["generator"], LAPGANGenerator) or not isinstance(
            self.networks["discriminator"], LAPGANDiscriminator
        ):
            raise UserError("architecture: this game's networks have levels; take architecture lapgan")
        if self.generator.sizes != self.discriminator.sizes:
            raise UserError("architecture: both networks must have the same levels; set both `coarsest` to one number")
        self._phases = (
            Phase("discriminator", self._terms(self._discriminator), turns=n_dis, fresh=True),
            Phase("generator", self._terms(self._generator), turns=n_gen, counts=True),
        )

    @property
    def generator(self) -> LAPGANGenerator:
        """The network that makes."""
        return self.networks["generator"]  # type: ignore[return-value]

    @property
    def discriminator(self) -> LAPGANDiscriminator:
        """The network that judges."""
        return self.networks["discriminator"]  # type: ignore[return-value]

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return LevelsPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def _terms(self, term: Callable[[int, Play], Tensor]) -> Mapping[str, Term]:
        """Return a term for each level, by the sides of its images."""
        sides = [f"{height}x{width}" for height, width in self.generator.sizes]
        return {f"loss_{side}": partial(term, level) for level, side in enumerate(sides)}

    def _discriminator(self, level: int, play: Play) -> Tensor:
        assert isinstance(play, LevelsPlay)
        assert self.parts.loss is not None
        return self.parts.loss.discriminator(*play.critiques[level])

    def _generator(self, level: int, play: Play) -> Tensor:
        assert isinstance(play, LevelsPlay)
        assert self.parts.loss is not None
        return self.parts.loss.generator(*play.critiques[level])


def _refuse_parts(parts: Parts) -> None:
    given: dict[str, Any] = {"penalties": parts.penalties, "augment": parts.augmentations}
    for name, listed in given.items():
        if listed:
            raise UserError(f"{name}: the levels of lapgan are played with a loss alone; leave out {', '.join(listed)}")
    if parts.loss is not None and parts.loss.heads(parts.data):
        raise UserError("loss: it reads more than logits, and the levels of lapgan have no more; take another")
