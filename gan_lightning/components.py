"""What plugins provide: the base of each kind of component.

A component's options are the keyword arguments of its constructor, with types and defaults: recipes are validated
against them and ``gan-lightning describe`` prints them. ``origin`` says where a component comes from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec, Kind
from gan_lightning.origin import Origin

if TYPE_CHECKING:
    from gan_lightning.critique import Critique
    from gan_lightning.data.samples import Samples
    from gan_lightning.game import Game, Play
    from gan_lightning.randomness import Randomness


#: An output of a discriminator: the size of a linear layer on its features, or what makes another module of their width
#: and a constructor of linear layers that are spectrally normalised where the discriminator is.
Head = int | Callable[[int, Callable[[int, int], nn.Linear]], nn.Module]


@dataclass(frozen=True)
class Loss(ABC):
    """What discriminator and generator pay for critiques; both are minimised, and HIGH logits mean real.

    Both players are always given both critiques. A critique is computed when a field of it is first read, so a loss
    that does not look at the real images in the generator's turn costs nothing for them.

    Attributes:
        needs_classes: Whether it reads the classes of samples, which only conditional games have.
    """

    origin: ClassVar[Origin | None] = None
    needs_classes: ClassVar[bool] = False

    @abstractmethod
    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss, a scalar, from critiques of N real and M generated samples."""

    @abstractmethod
    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss, a scalar, from critiques of N real and M generated samples."""

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the linear outputs that the loss wants of the discriminator, by name, with their sizes.

        Each is computed from the critique's features and found in ``critique.extras[name]``, ``[N, size]``.
        """
        del data
        return {}

    def scores(self, critique: Critique) -> Tensor:
        """Return what of a critique says real, ``[N]`` or ``[N, ...]``, high for real: what logs and guards look at."""
        return critique.logits

    @property
    def threshold(self) -> float | None:
        """The score above which a sample is taken for real; None where the loss compares scores and fixes none."""
        return 0.0

    @property
    def paired(self) -> bool:
        """Whether the generator's loss compares the i-th real with the i-th generated sample."""
        return False


@dataclass(frozen=True)
class Rule:
    """A change to how a game is played. A recipe lists rules and penalties alike under ``penalties``.

    Every method has a default that changes nothing; a rule overrides what it is about. None is called in the turns of
    a player that is not among `players`.

    Attributes:
        players: Whose turns it is about.
        excludes: Names of losses, penalties and rules that it cannot be played with, and the reason of each.
        needs_classes: Whether it reads the classes of samples, which only conditional games have.
        reads: Names in `Critique.extras` that it reads, ``[N]`` each, of discriminators that offer them by themselves.
    """

    origin: ClassVar[Origin | None] = None
    needs_classes: ClassVar[bool] = False
    players: ClassVar[tuple[str, ...]] = ("discriminator",)
    excludes: ClassVar[Mapping[str, str]] = {}
    reads: ClassVar[tuple[str, ...]] = ()

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return the outputs that it wants of the discriminator, which trains them; see `Loss.heads`."""
        del data
        return {}

    def prepare(self, game: Game) -> None:
        """Get ready for a game whose networks are built.

        Raises:
            UserError: It cannot be played with this game's networks, loss, rules or options.
        """

    def latents(self, play: Play, latents: Tensor) -> Tensor:
        """Return the latents ``[M, *latent_shape]`` that are played in place of those that were drawn."""
        del play
        return latents

    def reals(self, play: Play, real: Tensor) -> Tensor:
        """Return the samples ``[N, *shape]`` that are played in place of the real ones."""
        del play
        return real

    def judged(self, play: Play, critique: Critique, side: str) -> Critique:
        """Return the critique that is read in place of the one of the ``"real"`` or the ``"fake"`` samples."""
        del play, side
        return critique

    def sampled(
        self, game: Game, networks: Mapping[str, nn.Module], latents: Tensor, labels: Tensor | None, random: Randomness
    ) -> Tensor:
        """Return the latents ``[N, *latent_shape]`` that samples of a trained generator are made of.

        Args:
            game: The game, which makes the samples.
            networks: The networks that make them, by name, averaged or not, in evaluation mode; nothing is
                differentiated outside.
            latents: Those that were drawn.
            labels: Classes ``[N]`` of the samples, or None.
            random: The samples' stream.
        """
        del game, networks, labels, random
        return latents

    def after_batch(self, play: Play) -> None:
        """Take note of a batch whose gradients are in; a turn has as many as `train.accumulate` says."""

    def after_step(self, play: Play) -> None:
        """Act once the player's optimiser has made its step."""

    def observations(self) -> Mapping[str, Tensor]:
        """Return what of its state is worth a look, by name; see `Play.observations`."""
        return {}


@dataclass(frozen=True)
class Penalty(Rule, ABC):
    """An extra term. With several players each pays it in turns of its own; ``play.phase.player`` tells whose it is.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications. A term that is due only every k-th round is a phase of its own and is
            multiplied by k (lazy regularisation, Karras et al. 2019, arXiv:1912.04958). Its steps are steps of the
            player's optimiser; ``correct_lazy`` of Adam makes up for them as that paper does.

    Attributes:
        differentiates_twice: Whether the term is made of gradients.
        per_sample: Whether the term takes a score to be a function of its own sample alone. Batch normalisation in the
            discriminator breaks that: a sample's gradient then holds what it does to the scores of its batch mates.
        rewards: Whether the term may be negative, as one that pays for something is.
    """

    weight: float = 1.0
    every: int = 1

    differentiates_twice: ClassVar[bool] = False
    per_sample: ClassVar[bool] = False
    rewards: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse an interval that no round could keep."""
        if self.every < 1:
            raise ValueError(f"every: expected at least 1, got {self.every}")

    @abstractmethod
    def __call__(self, play: Play) -> Tensor:
        """Return the unweighted term, a scalar, for one batch of the player's turn."""


class Augmentation(ABC):
    """A differentiable transform of everything a discriminator sees."""

    origin: ClassVar[Origin | None] = None
    kinds: ClassVar[tuple[Kind, ...]] = ("images",)

    @abstractmethod
    def __call__(self, images: Tensor, random: Randomness) -> Tensor:
        """Transform ``[N, C, H, W]`` images in [-1, 1]; `random` is this turn's stream."""

    def prepare(self, game: Game) -> None:  # noqa: B027  (most go with everything)
        """Get ready for a game whose networks are built; see `Rule.prepare`."""

    def after_batch(self, play: Play) -> None:  # noqa: B027  (most learn nothing)
        """Take note of a batch whose gradients are in; see `Rule.after_batch`."""

    def after_step(self, play: Play) -> None:  # noqa: B027  (most learn nothing)
        """Learn from a turn, once its player's optimiser has made its step; adaptive augmentations do."""

    def observations(self) -> Mapping[str, Tensor]:
        """Return what of its state is worth a look, by name; see `Play.observations`."""
        return {}


class Generator(nn.Module, ABC):
    """Turns latents, and labels if it has classes, into samples.

    Constructors take ``(data, classes, **options)``: the data's shape comes from there, and ``classes`` is 0 for an
    unconditional network.

    Attributes:
        bounded: Whether it keeps images in [-1, 1] by itself. One that does not learns to stay there, and what leaves
            is cut off where images are drawn and scored.
    """

    latent_shape: tuple[int, ...]
    bounded: bool = True

    @abstractmethod
    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, *latent_shape]`` and labels ``[N]`` to samples ``[N, *data.shape]`` (images in [-1, 1])."""


class Discriminator(nn.Module, ABC):
    """Judges samples, with their labels if it has classes."""

    @abstractmethod
    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *data.shape]`` with labels ``[N]``; logits are ``[N]``, high for real."""


class NetworkClass(Protocol):
    """The constructor that every network of an architecture has."""

    def __call__(self, data: DataSpec, classes: int, *args: Any, **options: Any) -> nn.Module:
        """Build the network; raises `UnsupportedShapeError` for shapes it cannot make."""
        ...


@dataclass(frozen=True)
class Architecture:
    """A set of networks by role, such as ``{"generator": ..., "discriminator": ...}``."""

    roles: Mapping[str, NetworkClass]
    origin: Origin | None = None


class Dataset(ABC):
    """A source of real samples."""

    origin: ClassVar[Origin | None] = None

    @abstractmethod
    def load(self, cache: Path) -> Samples:
        """Return every sample, at hand or decoded when asked for; `cache` is a folder that outlives the run."""


@dataclass
class Extracted:
    """What an extractor tells of a batch: ``features`` ``[N, D]`` and class ``logits`` ``[N, K]``, if it has any."""

    features: Tensor
    logits: Tensor | None = None


class Extractor(ABC):
    """A frozen network that turns images into features. It is never a part of the trained module."""

    origin: ClassVar[Origin | None] = None

    @abstractmethod
    def __call__(self, images: Tensor) -> Extracted:
        """Extract from uint8 images ``[N, C, H, W]`` of 1 or 3 channels and any size."""

    @abstractmethod
    def protocol(self) -> dict[str, Any]:
        """Return name, hash of the weights, and the resize filter and size."""
