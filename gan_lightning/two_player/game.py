"""The game itself: networks, what is drawn, and samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from gan_lightning.components import Augmentation, Rule
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts, Phase, Play
from gan_lightning.headed import Headed, merge_heads
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning.two_player.phases import check_rules, phases_of
from gan_lightning.two_player.play import TwoPlayerPlay

Prior = Literal["normal", "uniform"]


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
        check_rules(parts, conditional=conditional)
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
        self._phases = phases_of(parts.loss, parts.penalties, n_dis)
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
