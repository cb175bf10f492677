"""The game itself: networks, what is drawn, and samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Truncating
from gan_lightning.components import Augmentation, Head, Rule
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts, Phase, Play
from gan_lightning.headed import Headed, merge_heads
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning.truncation import require_truncation, truncated_normal
from gan_lightning.two_player.conflicts import refuse_batch_mates, refuse_uneven_pairs
from gan_lightning.two_player.packing import check_packs, packed, packed_spec
from gan_lightning.two_player.phases import check_rules, phases_of
from gan_lightning.two_player.play import TwoPlayerPlay

Prior = Literal["normal", "uniform"]
LabelsOf = Literal["data", "reals"]


class TwoPlayerGame(Game):
    """A generator G turns latents into samples; a discriminator D tells them from real ones (arXiv:1406.2661).

    Args:
        parts: What the recipe provides: networks, loss, penalties, augmentations.
        n_dis: Turns of the discriminator in a round, each with fresh real samples and latents.
        n_gen: Turns of the generator in a round, each with fresh latents; each is an update.
        conditional: Whether both networks are given the classes of samples.
        labels_of: Classes that are generated in a turn of a conditional game: drawn with the frequencies that they have
            in the ``"data"``, or those of the ``"reals"`` of the turn one by one, so that losses which pair real and
            generated samples compare within a class.
        discriminator_labels: Whether a conditional game's discriminator is given the classes. Without, only the
            generator is, and a rule must teach it to heed them, such as one that has samples classified.
        prior: Distribution of each latent: standard normal, or uniform on [-1, 1].
        judge_together: Whether the discriminator's turn judges real and generated samples in one forward. That is
            another algorithm where it normalises over the batch, or iterates spectral norms once a forward.
        hold_power_iteration: Whether spectral norms are iterated in the first of a turn's forwards only. That too is
            another algorithm: they follow the weights with half the iterations or fewer.
        generator_batch: Generated samples in the generator's turn, over all processes; the batch size if None.
        pack: Samples that the discriminator judges as one, joined at their channels, so that it sees how much they
            differ (Lin et al. 2018, arXiv:1712.04086). It is built for so many channels more.
        adversarial: Factor on the loss in the generator's turn. 0 leaves it out, for a generator that is taught by
            penalties alone, such as by feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
    """

    origin = Origin("Goodfellow et al., Generative Adversarial Networks", 2014, "1406.2661")

    def __init__(
        self,
        parts: Parts,
        *,
        n_dis: int = 1,
        n_gen: int = 1,
        conditional: bool = False,
        labels_of: LabelsOf = "data",
        discriminator_labels: bool = True,
        prior: Prior = "normal",
        judge_together: bool = False,
        hold_power_iteration: bool = False,
        generator_batch: int | None = None,
        pack: int = 1,
        adversarial: float = 1.0,
    ) -> None:
        if parts.loss is None:
            raise UserError("loss: this game needs one, such as `loss: hinge`")
        for name, turns in (("n_dis", n_dis), ("n_gen", n_gen)):
            if turns < 1:
                raise UserError(f"game.{name}: expected at least 1, got {turns}")
        if conditional and not parts.data.classes:
            raise UserError("game.conditional: the data have no labels; give them classes or set it to false")
        if labels_of == "reals" and generator_batch is not None:
            raise UserError(
                "game.labels_of: reals have as many classes as there are samples; set generator_batch to null"
            )
        check_rules(parts, conditional=conditional)
        check_packs(parts, pack, generator_batch or parts.batch_size, conditional=conditional)
        refuse_uneven_pairs(parts.loss, parts.batch_size, generator_batch or parts.batch_size)
        self.n_dis = n_dis
        self.is_conditional = conditional
        self.labels_of = labels_of
        self.prior = prior
        self.judge_together = judge_together
        self.hold_power_iteration = hold_power_iteration
        self.generator_batch = generator_batch
        self.discriminator_labels = discriminator_labels
        self.pack = pack
        super().__init__(parts, self._networks(parts))
        self.parts = parts
        self.augmentations = dict(parts.augmentations)
        self._phases = phases_of(parts.loss, parts.penalties, n_dis, n_gen, adversarial)
        frequencies = torch.tensor(parts.data.class_counts, dtype=torch.float) if conditional else None
        self.register_buffer("class_frequencies", frequencies, persistent=False)
        refuse_batch_mates(parts.penalties, self.networks["discriminator"])
        for part in self._changes(parts.penalties.values()):
            part.prepare(self)

    class_frequencies: Tensor | None

    def _networks(self, parts: Parts) -> dict[str, nn.Module]:
        """Build the networks, and what the loss and the rules want beside the discriminator's logits."""
        classes = {role: parts.data.classes if self.is_conditional else 0 for role in self.roles}
        if not self.discriminator_labels:
            classes["discriminator"] = 0
        specs = {role: self.spec_of(role, parts.data) for role in self.roles}
        networks = {role: parts.networks[role](specs[role], classes[role]) for role in self.roles}
        wanted = [part.heads(parts.data) for part in (parts.loss, *parts.penalties.values()) if part is not None]
        heads = merge_heads([self.heads(parts.data), *wanted])
        if heads:
            body = networks["discriminator"]
            judged = self.judged(specs["discriminator"], body)
            networks["discriminator"] = Headed(body, judged, classes["discriminator"], heads)
        return networks

    def judged(self, data: DataSpec, discriminator: nn.Module) -> DataSpec:
        """Return the shape of what a discriminator that was built for `data` is given, where it is more than that."""
        del discriminator
        return data

    def spec_of(self, role: str, data: DataSpec) -> DataSpec:
        """Return what the network of a role is built for; asked while networks are built, as `heads` is."""
        return packed_spec(data, self.pack) if role == "discriminator" else data

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return the outputs that the game wants of the discriminator, whatever is played; see `Loss.heads`.

        It is asked while networks are built, so a game that overrides it sets what it reads before it calls the
        constructor of its base.
        """
        del data
        return {}

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

    def ask(self, discriminator: nn.Module, samples: Tensor, labels: Tensor | None) -> Critique:
        """Return a discriminator's opinion of samples ``[N, *shape]`` with labels ``[N]``, in packs where it has them.

        Args:
            discriminator: The game's, averaged or not.
            samples: What is judged.
            labels: Their classes, or None; it is told of them unless `discriminator_labels` is false.
        """
        samples = packed(samples, self.pack)
        critique: Critique = discriminator(samples, labels if self.discriminator_labels else None)
        critique.samples, critique.labels = samples, labels
        return critique

    @property
    def acts_after_steps(self) -> bool:
        """Whether a rule or an augmentation acts on what a turn has shown, or on the step that it led to."""
        idle = {getattr(base, name) for base in (Rule, Augmentation) for name in ("after_batch", "after_step")}
        kinds = [type(part) for part in self._changes(self.parts.penalties.values())]
        return not idle.issuperset(act for kind in kinds for act in (kind.after_batch, kind.after_step))

    def after_batch(self, play: Play) -> None:
        """Let the rules that are about the player, and augmentations that adapt, take note."""
        for part in self._changes(self.rules_of(play.phase.player)):
            part.after_batch(play)

    def after_step(self, play: Play) -> None:
        """Let the rules that are about the player, and augmentations that adapt, act."""
        for part in self._changes(self.rules_of(play.phase.player)):
            part.after_step(play)

    def _changes(self, rules: Iterable[Rule]) -> list[Rule | Augmentation]:
        """Return some of the rules, and the augmentations."""
        return [*rules, *self.augmentations.values()]

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

    def truncate_latents(self, latents: Tensor, truncation: float, random: Randomness) -> Tensor:
        """Return latents ``[count, *latent_shape]`` without what is beyond `truncation`."""
        return truncated_normal(latents, truncation, random)

    def require_truncation(self, networks: Mapping[str, nn.Module], truncation: float) -> None:
        """Refuse one where latents are uniform, unless the generator has a way of its own."""
        require_truncation(networks["generator"], truncation, normal=self.prior == "normal")

    def sample(
        self,
        networks: Mapping[str, nn.Module],
        count: int,
        random: Randomness,
        labels: Tensor | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """Make samples ``[count, *shape]``; see `Game.sample`."""
        generator = networks["generator"]
        if labels is None:
            labels = self.draw_labels(count, random)
        latents = self.draw_latents(count, random, generator)
        if truncation is not None and isinstance(generator, Truncating):
            return generator.truncated(latents, labels, truncation)
        if truncation is not None:
            latents = self.truncate_latents(latents, truncation, random)
        for rule in self.parts.penalties.values():
            latents = rule.sampled(self, networks, latents, labels, random)
        return generator(latents, labels)  # type: ignore[no-any-return]
