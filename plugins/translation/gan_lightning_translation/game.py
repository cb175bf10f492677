"""A generator of images from images against one discriminator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar, NoReturn

from torch import Tensor, nn

from gan_lightning.components import Rule
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.randomness import Randomness
from gan_lightning.translating import Translates, require_source
from gan_lightning.two_player import Term, TwoPlayerGame, TwoPlayerPlay


class TranslationPlay(TwoPlayerPlay):
    """What a turn sees: sources, what should become of them, and what the generator makes of them."""

    game: TranslationGame

    @property
    def targets(self) -> Tensor:
        """Real samples ``[N, *shape]``."""
        return self.batch.samples()

    @cached_property
    def sources(self) -> Tensor:
        """What samples are made from ``[N, *source shape]``."""
        return self.batch.partners["source"].samples()

    @cached_property
    def made(self) -> Tensor:
        """What the generator makes of the sources ``[N, *shape]``; without a graph in the discriminator's turn."""
        made: Tensor = self.game.networks["generator"](self.sources)
        return made

    @property
    def drawn(self) -> Tensor:
        """What the discriminator should take for real."""
        return self.game.shown(self.sources, self.targets)

    @cached_property
    def fake(self) -> Tensor:
        """What the discriminator should see through."""
        return self.game.shown(self.sources, self.made)


class TranslationGame(Translates, TwoPlayerGame):
    """The two-player game with sources in place of latents: any loss, penalties and augmentations.

    D: discriminator_weight * L_D + its terms of the game      G: adversarial * L_G + the terms of the game

    Args:
        parts: What the recipe provides.
        n_dis: Turns of the discriminator in a round, each with fresh images.
        adversarial: Factor on the loss in the generator's turn.
        discriminator_weight: Factor on the loss in the discriminator's turn.
        judge_together: Whether the discriminator's turn judges real and generated samples in one forward, which is
            another algorithm where it normalises over the batch.

    Attributes:
        of_class: Whether images are made of a wanted class, which the generator is told and the discriminator is not.

    Raises:
        UserError: The data have no partner ``source``, or a rule is about latents.
    """

    of_class: ClassVar[bool] = False

    def __init__(
        self,
        parts: Parts,
        *,
        n_dis: int = 1,
        adversarial: float = 1.0,
        discriminator_weight: float = 1.0,
        judge_together: bool = False,
    ) -> None:
        require_source(parts.data, type(self).__name__)
        refuse_latent_rules(parts.penalties)
        self.discriminator_weight = discriminator_weight
        super().__init__(
            parts,
            n_dis=n_dis,
            adversarial=adversarial,
            judge_together=judge_together,
            conditional=self.of_class,
            discriminator_labels=False,
        )
        self._phases = tuple(self._with_terms(phase) for phase in self._phases)

    @abstractmethod
    def terms(self) -> Mapping[str, Term]:
        """Return what the generator pays beside the loss and penalties, by name."""

    def discriminator_terms(self) -> Mapping[str, Term]:
        """Return what the discriminator pays beside the loss and penalties, by name."""
        return {}

    def shown(self, sources: Tensor, images: Tensor) -> Tensor:
        """Return what the discriminator sees of images ``[N, *shape]`` and what they were made from."""
        del sources
        return images

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return TranslationPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def draw_latents(self, count: int, random: Randomness, generator: nn.Module) -> NoReturn:
        """Refuse to draw latents.

        Raises:
            UserError: Always.
        """
        del count, random, generator
        raise UserError(f"{type(self).__name__} makes images from images and has no latents")

    def _with_terms(self, phase: Phase) -> Phase:
        """Weigh the discriminator's loss, and add what both pay beside it."""
        if phase.counts:
            return replace(phase, terms={**phase.terms, **self.terms()})
        if not phase.fresh:
            return phase
        loss = phase.terms["loss"]
        weighed: Mapping[str, Term] = {"loss": lambda play: self.discriminator_weight * loss(play)}
        return replace(phase, terms={**phase.terms, **weighed, **self.discriminator_terms()})


def joined_spec(data: DataSpec, channels: int) -> DataSpec:
    """Return images with so many channels more, what a discriminator of joined images is built for."""
    return replace(data, shape=(data.shape[0] + channels, *data.shape[1:]), partners={})


def reversed_spec(data: DataSpec) -> DataSpec:
    """Return the data the other way round: sources as samples, and samples as their sources."""
    return replace(data, shape=data.partners["source"], partners={"source": data.shape})


def refuse_latent_rules(rules: Mapping[str, Rule]) -> None:
    """Refuse rules that replace latents.

    Raises:
        UserError: There is one.
    """
    for name, rule in rules.items():
        if type(rule).latents is not Rule.latents:
            raise UserError(f"penalties.{name}: it is about latents, which this game does not have; leave it out")
