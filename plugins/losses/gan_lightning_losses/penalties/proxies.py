"""An embedding of samples, and a proxy of each class among the embeddings: both trained by the discriminator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from gan_lightning.components import Head, Penalty
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.outputs import output
from gan_lightning_losses.penalties.classes import classes_of, own_critique


@dataclass(frozen=True)
class ProxyHead:
    """What a rule wants of a discriminator: samples' embeddings, and their likeness to each class's proxy.

    Args:
        size: Length of the embeddings.
        classes: Number of classes.
    """

    size: int
    classes: int

    def __call__(self, width: int, linear: Callable[[int, int], nn.Linear]) -> nn.Module:
        """Build the module; see `gan_lightning.components.Head`."""
        return Proxies(linear(width, self.size), self.classes)


class Proxies(nn.Module):
    """Embeds features on the unit sphere, where each class has a proxy.

    Proxies are drawn from N(0, 1) and read by their direction only, so that no spectral norm would change anything.

    Args:
        embedding: Linear layer from features to embeddings.
        classes: Number of proxies.
    """

    def __init__(self, embedding: nn.Linear, classes: int) -> None:
        super().__init__()
        self.embedding = embedding
        self.proxies = nn.Parameter(torch.randn(classes, embedding.out_features))

    def forward(self, features: Tensor) -> Tensor:
        """Map ``[N, width]`` to ``[N, size + classes]``: the unit vector, then its cosine with each proxy."""
        embedded = normalize(self.embedding(features).to(self.proxies.dtype), dim=1)
        return torch.cat([embedded, linear(embedded, normalize(self.proxies, dim=1))], dim=1)


class Likeness(NamedTuple):
    """How alike the samples of a whole batch are.

    Args:
        to_proxy: Cosine of each sample with its own class's proxy ``[N]``.
        to_others: Cosines of all pairs ``[N, N]``.
        same_class: Which pairs are of one class ``[N, N]``, a sample and itself among them.
    """

    to_proxy: Tensor
    to_others: Tensor
    same_class: Tensor


@dataclass(frozen=True)
class ProxyPenalty(Penalty, ABC):
    """A penalty on how alike the embeddings of samples are, to each other and to the proxies of their classes.

    Each player pays it for the samples it answers for. All samples of the whole batch are compared, whatever the number
    of processes that share it. Play it with ``discriminator_labels: false``.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        size: Length of the embeddings.
        temperature: What likenesses are divided by.

    Attributes:
        head: The penalty's name, and its output's.

    Raises:
        UserError: No components, or a temperature that is not above 0.
    """

    size: int = 512
    temperature: float = 1.0

    players: ClassVar = ("discriminator", "generator")
    needs_classes: ClassVar = True
    head: ClassVar[str]

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        super().__post_init__()
        if self.size < 1:
            raise UserError(f"penalties.{self.head}.size: expected at least 1, got {self.size}")
        if self.temperature <= 0.0:
            raise UserError(f"penalties.{self.head}.temperature: expected more than 0, got {self.temperature:g}")

    def heads(self, data: DataSpec) -> Mapping[str, Head]:
        """Return the embedding and the proxies."""
        return {self.head: ProxyHead(self.size, data.classes)}

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar of at least 0."""
        assert isinstance(play, TwoPlayerPlay)
        return self.contrast(likeness(play, self.head, self.size))

    @abstractmethod
    def contrast(self, alike: Likeness) -> Tensor:
        """Return the penalty, a scalar, from how alike the batch's samples are."""


def likeness(play: TwoPlayerPlay, name: str, size: int) -> Likeness:
    """Return how alike the samples are that the turn's player answers for, over all processes.

    Args:
        play: The turn.
        name: The penalty's name, which its head has, too.
        size: Length of the embeddings.
    """
    critique, where = own_critique(play), f"penalties.{name}"
    own_labels = classes_of(critique, where)
    embedded, cosines = output(critique, name, where).tensor_split([size], dim=1)
    to_proxy = cosines.gather(1, own_labels[:, None])
    joined, labels = gather(torch.cat([embedded, to_proxy], dim=1)), gather(own_labels)
    embedded, to_proxy = joined.tensor_split([size], dim=1)
    return Likeness(to_proxy.squeeze(1), embedded @ embedded.T, labels[:, None] == labels)
