"""What a turn of the two-player game sees."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_lightning.components import Augmentation, Rule
from gan_lightning.critique import Critique, DeferredCritique, rows_of
from gan_lightning.game import Play
from gan_lightning.layers.spectral_norm import held_power_iteration

if TYPE_CHECKING:
    from gan_lightning.two_player.game import TwoPlayerGame


class TwoPlayerPlay(Play):
    """What a turn of the two-player game sees: real and generated samples, and the critiques of both."""

    game: TwoPlayerGame
    _has_asked = False

    @cached_property
    def real(self) -> Tensor:
        """Real samples ``[N, *shape]``, or what rules play in their place."""
        real = self.drawn
        for rule in self.rules:
            real = rule.reals(self, real)
        return real

    @property
    def drawn(self) -> Tensor:
        """Real samples ``[N, *shape]`` as they are before a rule sees them."""
        return self.batch.samples()

    @cached_property
    def count(self) -> int:
        """How many samples this process generates in the turn."""
        world = self.random.world
        wanted = self.game.generator_batch if self.phase.player == "generator" else None
        return wanted // world if wanted else len(self.batch)

    @property
    def real_labels(self) -> Tensor | None:
        """Classes of the real samples ``[N]``, None in an unconditional game."""
        return self.labels if self.game.is_conditional else None

    @cached_property
    def fake_labels(self) -> Tensor | None:
        """Classes of the generated samples ``[M]``, None in an unconditional game."""
        if self.game.labels_of == "reals":
            return self.real_labels
        return self.game.draw_labels(self.count, self.random)

    @property
    def judged_labels(self) -> Tensor | None:
        """Classes that the discriminator is told of the generated samples ``[M]``: those that they are made with."""
        return self.fake_labels

    @cached_property
    def latents(self) -> Tensor:
        """Latents ``[M, *latent_shape]`` of the generated samples."""
        latents = self.game.draw_latents(self.count, self.random, self.game.networks["generator"])
        for rule in self.rules:
            latents = rule.latents(self, latents)
        return latents

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules that are about this turn's player."""
        return self.game.rules_of(self.phase.player)

    @cached_property
    def fake(self) -> Tensor:
        """Generated samples ``[M, *shape]``; without a graph in the discriminator's turn."""
        fake: Tensor = self.game.networks["generator"](self.latents, self.fake_labels)
        return fake

    @cached_property
    def real_critique(self) -> DeferredCritique:
        """The discriminator's opinion of the real samples, made when it is first read."""
        if self._judges_together:
            return DeferredCritique(lambda: self._both[0])
        return DeferredCritique(lambda: self.judge(self.real, self.real_labels, "real"))

    @cached_property
    def fake_critique(self) -> DeferredCritique:
        """The discriminator's opinion of the generated samples, made when it is first read."""
        if self._judges_together:
            return DeferredCritique(lambda: self._both[1])
        return DeferredCritique(lambda: self.judge(self.fake, self.judged_labels, "fake"))

    @property
    def _judges_together(self) -> bool:
        return self.game.judge_together and self.phase.player == "discriminator"

    @cached_property
    def _both(self) -> tuple[Critique, Critique]:
        """The opinions of real and generated samples, from one forward."""
        real, fake = self.augmented(self.real, "real"), self.augmented(self.fake, "fake")
        labels = None
        if self.real_labels is not None and self.judged_labels is not None:
            labels = torch.cat([self.real_labels, self.judged_labels])
        made = self._asked(torch.cat([real, fake]), labels)
        reals = len(real) // self.game.pack
        return (
            self._ruled(rows_of(made, slice(reals)), "real"),
            self._ruled(rows_of(made, slice(reals, None)), "fake"),
        )

    def judge(self, samples: Tensor, labels: Tensor | None, side: str) -> Critique:
        """Augment samples and ask the discriminator; `side` names the stream of the augmentations."""
        return self._ruled(self._asked(self.augmented(samples, side), labels), side)

    def augmented(self, samples: Tensor, side: str) -> Tensor:
        """Return what the discriminator sees of samples; `side` names the stream of the augmentations."""
        for name, augment in self.game.augmentations.items():
            samples = augment(samples, self.random.at(name, side))
        return samples

    def _asked(self, samples: Tensor, labels: Tensor | None) -> Critique:
        discriminator = self.game.networks["discriminator"]
        hold = self.game.hold_power_iteration and self._has_asked
        with held_power_iteration(discriminator) if hold else nullcontext():
            critique = self.game.ask(discriminator, samples, labels)
        self._has_asked = True
        return critique

    def _ruled(self, critique: Critique, side: str) -> Critique:
        for rule in self.rules:
            critique = rule.judged(self, critique, side)
        return critique

    def observations(self) -> dict[str, Tensor]:
        """Return the logits that the discriminator's turn has led to, and what rules and augmentations tell."""
        if self.phase.player != "discriminator":
            return {}
        critiques = {"logits/real": self.real_critique.made, "logits/fake": self.fake_critique.made}
        assert self.game.parts.loss is not None
        scores = self.game.parts.loss.scores
        told = {name: scores(critique) for name, critique in critiques.items() if critique is not None}
        parts: dict[str, Rule | Augmentation] = {**self.game.parts.penalties, **self.game.augmentations}
        for part, component in parts.items():
            told |= {f"{part}/{name}": value for name, value in component.observations().items()}
        return told
