"""Games: networks, the players that own them, and the phases they play on a batch.

A game is data. It names its phases, each with the terms that a player minimises; the core step plays them in order.
Lazy penalties, several turns in a round, terms that need real samples in the generator's turn, more than two players
and resolutions that grow are all said with the fields below, and none needs a line in the step.
"""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin

if TYPE_CHECKING:
    from gan_lightning.components import Augmentation, Loss, Rule
    from gan_lightning.data.batch import Batch
    from gan_lightning.randomness import Randomness


@dataclass(frozen=True)
class Player:
    """A side of the game: the networks it trains, with one optimiser."""

    name: str
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    """One move, made once a round.

    Args:
        player: Who moves.
        terms: What the player minimises, by the name it is logged under.
        turns: How many times the move is made, each with a step of the player's optimiser.
        every: The move is due in every k-th round.
        gain: Factor on the sum of the terms.
        fresh: Whether each turn sees real samples that no turn has seen; otherwise it sees those of the turn before.
        counts: Whether each turn is a generator update, the unit that training is counted in.
    """

    player: str
    terms: Mapping[str, Callable[[Play], Tensor]]
    turns: int = 1
    every: int = 1
    gain: float = 1.0
    fresh: bool = False
    counts: bool = False

    def losses(self, play: Play) -> dict[str, Tensor]:
        """Return the terms of a turn, by name."""
        return {name: term(play) for name, term in self.terms.items()}

    @cached_property
    def label(self) -> str:
        """What is noted of its steps begins with this."""
        return self.player if self.every == 1 else f"{self.player}/{'+'.join(self.terms)}"


def total(losses: Mapping[str, Tensor]) -> Tensor:
    """Return the sum of a turn's terms, before the phase's gain."""
    return functools.reduce(operator.add, losses.values())


@dataclass(frozen=True)
class Stage:
    """A period of training in which the game is played in its own way, such as one resolution of a growing network.

    Args:
        name: What the stage is called in logs.
        start: Real images seen, over all processes, when it begins.
        batch_size: Images in a batch, where it is not the recipe's.
        lr_factor: Factor on the players' learning rates.
    """

    name: str
    start: int = 0
    batch_size: int | None = None
    lr_factor: float = 1.0


@dataclass(frozen=True)
class Progress:
    """How far training is: generator updates, rounds, and real images seen by all processes, out of `steps` updates."""

    updates: int
    rounds: int
    images: int
    steps: int


class Play:
    """What one turn sees. Subclasses derive tensors from it, each computed on demand and at most once.

    Only the player whose turn it is has parameters that ask for gradients, so what is derived carries a graph exactly
    where the turn needs one.
    """

    def __init__(self, game: Game, phase: Phase, batch: Batch, random: Randomness, progress: Progress) -> None:
        self.game = game
        self.phase = phase
        self.batch = batch
        self.random = random
        self.progress = progress

    @cached_property
    def real(self) -> Tensor:
        """Real samples ``[N, *shape]`` as networks see them: images in [-1, 1]."""
        return self.batch.samples()

    @property
    def labels(self) -> Tensor | None:
        """Classes of the real samples ``[N]``."""
        return self.batch.labels

    def observations(self) -> dict[str, Tensor]:
        """Return tensors whose distribution is worth a look; asked for on logging rounds, after the turn."""
        return {}

    def forget(self) -> None:
        """Let go of everything once the turn is over; a play is of no use after that.

        What is derived may refer back to the play, as critiques that are not made yet do. Such circles wait for
        Python's garbage collector, and those that live to see it at work once, for hours, with all their tensors.
        """
        vars(self).clear()


@dataclass(frozen=True)
class Parts:
    """What a recipe hands to a game's constructor.

    Args:
        data: Shape and classes of the data.
        batch_size: Images in a batch, over all processes.
        networks: A constructor for each role: call it with the data spec and the number of classes.
        loss: The adversarial loss.
        penalties: Penalties and other rules by name.
        augmentations: Augmentations by name, in the order in which they are applied.
        loss_name: What the recipe calls the loss.
    """

    data: DataSpec
    batch_size: int
    networks: Mapping[str, Callable[[DataSpec, int], nn.Module]]
    loss: Loss | None = None
    penalties: Mapping[str, Rule] = field(default_factory=dict)
    augmentations: Mapping[str, Augmentation] = field(default_factory=dict)
    loss_name: str | None = None


class Game(nn.Module, ABC):
    """Networks, players and phases. Options of a subclass are the keyword arguments of its constructor.

    Args:
        parts: What the recipe provides.
        networks: The game's networks by name.

    Attributes:
        example: Sections of a small recipe that it can be tried with, where it needs networks or options that not every
            game does.
    """

    origin: ClassVar[Origin | None] = None
    example: ClassVar[Mapping[str, Any]] = {}
    roles: ClassVar[tuple[str, ...]] = ("generator", "discriminator")
    players: ClassVar[tuple[Player, ...]] = (
        Player("discriminator", ("discriminator",)),
        Player("generator", ("generator",)),
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator",)

    def __init__(self, parts: Parts, networks: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.data = parts.data
        self.batch_size = parts.batch_size
        self.networks = nn.ModuleDict(dict(networks))
        self.frozen: set[tuple[str, str]] = set()
        stateful: list[object] = [*parts.penalties.values(), *parts.augmentations.values(), parts.loss]
        self.components = nn.ModuleList([part for part in stateful if isinstance(part, nn.Module)])

    @abstractmethod
    def phases(self) -> tuple[Phase, ...]:
        """Return the moves of a round, in order."""

    def play(self, phase: Phase, batch: Batch, random: Randomness, progress: Progress) -> Play:
        """Return what a turn sees."""
        return Play(self, phase, batch, random, progress)

    @property
    def acts_after_steps(self) -> bool:
        """Whether `after_step` does anything."""
        return type(self).after_step is not Game.after_step

    def after_batch(self, play: Play) -> None:
        """Take note of a batch of a turn, whose gradients are in and which is forgotten before the next."""

    def after_step(self, play: Play) -> None:
        """Act once the player of a turn has made its step, such as by clipping its weights."""

    @abstractmethod
    def sample(
        self,
        networks: Mapping[str, nn.Module],
        count: int,
        random: Randomness,
        labels: Tensor | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """Make samples.

        Args:
            networks: The networks to use by name, averaged or not.
            count: How many samples.
            random: Where their latents, and labels if none are given, come from.
            labels: Classes ``[count]`` of a conditional game.
            truncation: How typical they shall be, as far as `require_truncation` lets it through; None for all that
                the generator makes.

        Returns:
            ``[count, *shape]``, images in [-1, 1].
        """

    def require_truncation(self, networks: Mapping[str, nn.Module], truncation: float) -> None:
        """Refuse a truncation that `sample` cannot follow; a game that overrides nothing follows none.

        Raises:
            UserError: It is not in the range, or there is no truncation.
        """
        del networks, truncation
        raise UserError(f"truncation: {type(self).__name__} makes samples without; leave it out")

    @property
    def conditional(self) -> bool:
        """Whether samples are made of a wanted class."""
        return False

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages in order, the first of which starts at 0 images."""
        return (Stage("whole"),)

    def stage_at(self, images: int) -> int:
        """Return the index of the stage that is played after this many images."""
        return max(index for index, stage in enumerate(self.stages()) if stage.start <= images)

    def enter(self, stage: int) -> tuple[str, ...]:
        """Begin a stage, at the start of training and whenever it changes.

        Returns:
            Names of the players whose optimisers forget their state.
        """
        del stage
        return ()

    def adapt(self, networks: Mapping[str, nn.Module], images: int) -> None:
        """Have networks do what they do after this many images, such as making them of one size.

        Args:
            networks: The game's networks, or averages of them, by name.
            images: Real images seen, over all processes.
        """

    def player(self, name: str) -> Player:
        """Return the player of that name."""
        return next(player for player in self.players if player.name == name)

    def freeze(self, network: str, weights: Iterable[str]) -> None:
        """Have weights of a network, by name, stay as they are: the player who owns it trains the others."""
        for name in weights:
            self.networks[network].get_parameter(name).requires_grad_(False)  # noqa: FBT003  (torch's own signature)
            self.frozen.add((network, name))

    def parameters_of(self, player: Player) -> list[nn.Parameter]:
        """Return the parameters that a player trains."""
        return [
            weight
            for network in player.networks
            for name, weight in self.networks[network].named_parameters()
            if (network, name) not in self.frozen
        ]

    def generated(self, batch_size: int) -> int:
        """Return how many samples a generator update makes from a batch of that size, over all processes."""
        return batch_size

    def draws(self) -> int:
        """Return how many batches of real samples a round consumes."""
        return max(1, sum(phase.turns for phase in self.phases() if phase.fresh))

    def updates_per_round(self) -> int:
        """Return how many generator updates a round makes."""
        return sum(phase.turns for phase in self.phases() if phase.counts)

    def regular_share(self, player: str) -> float:
        """Return the share of a player's steps that are due in every round; the others are those of lazy terms."""
        own = [phase for phase in self.phases() if phase.player == player]
        regular = sum(phase.turns for phase in own if phase.every == 1)
        return regular / sum(phase.turns / phase.every for phase in own) if regular else 1.0
