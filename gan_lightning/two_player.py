"""The two-player game: a generator against a discriminator, conditional or not, with any loss and penalties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

from gan_lightning.components import Augmentation, Loss, Penalty, Rule
from gan_lightning.critique import Critique, DeferredCritique, rows_of
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts, Phase, Play
from gan_lightning.headed import Headed, merge_heads
from gan_lightning.layers.spectral_norm import held_power_iteration
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

Prior = Literal["normal", "uniform"]
Term = Callable[[Play], Tensor]


class TwoPlayerGame(Game):
    """A generator G turns latents into samples; a discriminator D tells them from real ones (arXiv:1406.2661).

    Args:
        parts: What the recipe provides: networks, loss, penalties, augmentations.
        n_dis: Turns of the discriminator in a round, each with fresh real samples and latents.
        conditional: Whether both networks are given the classes of samples. Classes of generated samples are drawn
            with the frequencies that they have in the data.
        discriminator_labels: Whether a conditional game's discriminator is given the classes. Without, only the
            generator is, and a rule must teach it to heed them, such as one that has samples classified.
        prior: Distribution of each latent: standard normal, or uniform on [-1, 1].
        judge_together: Whether the discriminator's turn judges real and generated samples in one forward. That is
            another algorithm where it normalises over the batch, or iterates spectral norms once a forward.
        hold_power_iteration: Whether spectral norms are iterated in the first of a turn's forwards only. That too is
            another algorithm: they follow the weights with half the iterations or fewer.
        generator_batch: Generated samples in the generator's turn, over all processes; the batch size if None.
    """

    origin = Origin("Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661")

    def __init__(
        self,
        parts: Parts,
        *,
        n_dis: int = 1,
        conditional: bool = False,
        discriminator_labels: bool = True,
        prior: Prior = "normal",
        judge_together: bool = False,
        hold_power_iteration: bool = False,
        generator_batch: int | None = None,
    ) -> None:
        if parts.loss is None:
            raise UserError("loss: this game needs one, such as `loss: hinge`")
        if n_dis < 1:
            raise UserError(f"game.n_dis: expected at least 1, got {n_dis}")
        if conditional and not parts.data.classes:
            raise UserError("game.conditional: the data have no labels; give them classes or set it to false")
        _check_rules(parts)
        if not conditional:
            _refuse_needs_of_classes(parts)
        for name, augmentation in parts.augmentations.items():
            if parts.data.kind not in augmentation.kinds:
                raise UserError(f"augment: {name} transforms {' and '.join(augmentation.kinds)}, not {parts.data.kind}")
        self.n_dis = n_dis
        self.is_conditional = conditional
        self.prior = prior
        self.judge_together = judge_together
        self.hold_power_iteration = hold_power_iteration
        self.generator_batch = generator_batch
        self.discriminator_labels = discriminator_labels
        super().__init__(parts, self._networks(parts))
        self.parts = parts
        self.augmentations = dict(parts.augmentations)
        self._phases = _phases(parts.loss, parts.penalties, n_dis)
        frequencies = torch.tensor(parts.data.class_counts, dtype=torch.float) if conditional else None
        self.register_buffer("class_frequencies", frequencies, persistent=False)

    class_frequencies: Tensor | None

    def _networks(self, parts: Parts) -> dict[str, nn.Module]:
        """Build the networks, and what the loss and the rules want beside the discriminator's logits."""
        classes = {role: parts.data.classes if self.is_conditional else 0 for role in self.roles}
        if not self.discriminator_labels:
            classes["discriminator"] = 0
        networks = {role: parts.networks[role](parts.data, classes[role]) for role in self.roles}
        wanted = [part.heads(parts.data) for part in (parts.loss, *parts.penalties.values()) if part is not None]
        heads = merge_heads(wanted)
        if heads:
            body = networks["discriminator"]
            networks["discriminator"] = Headed(body, parts.data, classes["discriminator"], heads)
        return networks

    @property
    def conditional(self) -> bool:
        """Whether samples are made of a wanted class."""
        return self.is_conditional

    def phases(self) -> tuple[Phase, ...]:
        """Return the discriminator's turns, the lazy penalties that are due, and the generator's turn."""
        return self._phases

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        return TwoPlayerPlay(self, phase, *args, **options)  # type: ignore[arg-type]

    def generated(self, batch_size: int) -> int:
        """Return how many samples a generator update makes."""
        return self.generator_batch or batch_size

    def rules_of(self, player: str) -> list[Rule]:
        """Return the rules that are about a player's turns, in the recipe's order."""
        return [rule for rule in self.parts.penalties.values() if player in rule.players]

    @property
    def acts_after_steps(self) -> bool:
        """Whether a rule or an augmentation acts once a player has made its step."""
        rules = any(type(rule).after_step is not Rule.after_step for rule in self.parts.penalties.values())
        adapting = any(type(one).after_step is not Augmentation.after_step for one in self.augmentations.values())
        return rules or adapting

    def after_step(self, play: Play) -> None:
        """Let the rules that are about the player, and augmentations that adapt, act."""
        for rule in self.rules_of(play.phase.player):
            rule.after_step(play)
        for augmentation in self.augmentations.values():
            augmentation.after_step(play)

    def draw_labels(self, count: int, random: Randomness) -> Tensor | None:
        """Draw classes ``[count]`` as frequent as in the data; None for an unconditional game."""
        if self.class_frequencies is None:
            return None
        return random.choice("labels", self.class_frequencies.cpu(), count)

    def draw_latents(self, count: int, random: Randomness, generator: nn.Module) -> Tensor:
        """Draw latents ``[count, *latent_shape]``."""
        shape = (count, *generator.latent_shape)  # type: ignore[misc]
        if self.prior == "normal":
            return random.normal("latents", *shape)
        return random.uniform("latents", *shape) * 2 - 1

    def sample(
        self, networks: Mapping[str, nn.Module], count: int, random: Randomness, labels: Tensor | None = None
    ) -> Tensor:
        """Make samples ``[count, *shape]``; see `Game.sample`."""
        generator = networks["generator"]
        if labels is None:
            labels = self.draw_labels(count, random)
        latents = self.draw_latents(count, random, generator)
        return generator(latents, labels)  # type: ignore[no-any-return]


class TwoPlayerPlay(Play):
    """What a turn of the two-player game sees: real and generated samples, and the critiques of both."""

    game: TwoPlayerGame
    _has_asked = False

    @cached_property
    def real(self) -> Tensor:
        """Real samples ``[N, *shape]``, or what rules play in their place."""
        real = self.batch.samples()
        for rule in self.rules:
            real = rule.reals(self, real)
        return real

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
        return self.game.draw_labels(self.count, self.random)

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
        return DeferredCritique(lambda: self.judge(self.fake, self.fake_labels, "fake"))

    @property
    def _judges_together(self) -> bool:
        return self.game.judge_together and self.phase.player == "discriminator"

    @cached_property
    def _both(self) -> tuple[Critique, Critique]:
        """The opinions of real and generated samples, from one forward."""
        real, fake = self.augmented(self.real, "real"), self.augmented(self.fake, "fake")
        labels = None
        if self.real_labels is not None and self.fake_labels is not None:
            labels = torch.cat([self.real_labels, self.fake_labels])
        made = self._asked(torch.cat([real, fake]), labels)
        return (
            self._ruled(rows_of(made, slice(len(real))), "real"),
            self._ruled(rows_of(made, slice(len(real), None)), "fake"),
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
        seen = labels if self.game.discriminator_labels else None
        hold = self.game.hold_power_iteration and self._has_asked
        with held_power_iteration(discriminator) if hold else nullcontext():
            critique: Critique = discriminator(samples, seen)
        self._has_asked = True
        critique.samples, critique.labels = samples, labels
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


def _phases(loss: Loss, rules: Mapping[str, Rule], n_dis: int) -> tuple[Phase, ...]:
    """Lay out a round: D's turns with its loss, lazy penalties as phases of their own, G's turn."""

    def discriminator(play: Play) -> Tensor:
        assert isinstance(play, TwoPlayerPlay)
        return loss.discriminator(play.real_critique, play.fake_critique)

    def generator(play: Play) -> Tensor:
        assert isinstance(play, TwoPlayerPlay)
        return loss.generator(play.real_critique, play.fake_critique)

    terms: dict[str, dict[str, Term]] = {"discriminator": {"loss": discriminator}, "generator": {"loss": generator}}
    lazy: dict[str, list[Phase]] = {"discriminator": [], "generator": []}
    penalties = {name: rule for name, rule in rules.items() if isinstance(rule, Penalty)}
    for name, penalty in penalties.items():
        for player in penalty.players:
            term = {name: _weighted(penalty)}
            if penalty.every == 1:
                terms[player].update(term)
            else:
                lazy[player].append(Phase(player, term, every=penalty.every, gain=float(penalty.every)))
    return (
        Phase("discriminator", terms["discriminator"], turns=n_dis, fresh=True),
        *lazy["discriminator"],
        Phase("generator", terms["generator"], counts=True),
        *lazy["generator"],
    )


def _check_rules(parts: Parts) -> None:
    """Refuse rules for players that there are not, and combinations that the mathematics forbids."""
    present = {*parts.penalties, parts.loss_name, *parts.augmentations}
    for name, rule in parts.penalties.items():
        if name == "loss":
            raise UserError("penalties: 'loss' is what the adversarial loss is logged as; the plugin must rename it")
        for player in rule.players:
            if player not in ("discriminator", "generator"):
                raise UserError(f"penalties.{name}: it is for a player {player!r}, which this game does not have")
        for other in rule.excludes.keys() & present:
            raise UserError(f"penalties.{name}: it cannot be played with {other}: {rule.excludes[other]}")


def _refuse_needs_of_classes(parts: Parts) -> None:
    for where, part in {
        "loss": parts.loss,
        **{f"penalties.{name}": one for name, one in parts.penalties.items()},
    }.items():
        if part is not None and part.needs_classes:
            raise UserError(f"{where}: it reads the classes of samples; set game.conditional to true")


def _weighted(penalty: Penalty) -> Term:
    return lambda play: penalty.weight * penalty(play)
