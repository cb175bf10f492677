"""What the parts of a generator are told of a sample: pieces of its latent vector, and its class.

Each is a module that knows how wide the input of the generator's first layer is (``first``) and how its normalisations
are made (``norm``), and turns latents and labels into that input and a condition for each stage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial

import torch
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.layers import BatchNorm2d, ModulatedBatchNorm2d, SNLinear, at_least
from gan_lightning.layers.conditional_norm import NormMaker

Told = tuple[Tensor, list[Tensor]]


class Conditions(nn.Module, ABC):
    """The base: with classes, one embedding of them that all parts share.

    Args:
        classes: Number of classes, 0 for none.
        shared: Length of a class's vector.
        latent: Length of the latent vector.
        stages: Number of stages.

    Attributes:
        first: Length of what the first layer reads.
        norm: Makes the normalisations of stages: plain ones where stages are told nothing.
    """

    def __init__(self, classes: int, shared: int, latent: int, stages: int) -> None:
        super().__init__()
        at_least(1, shared=shared, latent=latent)
        self.width = shared if classes else 0
        self.shared = nn.Embedding(classes, shared) if classes else None
        self.stages = stages
        self.first, told = self.lengths(latent)
        self.norm: NormMaker = (
            partial(ModulatedBatchNorm2d, modulation=partial(SNLinear, told, bias=False)) if told else BatchNorm2d
        )

    @abstractmethod
    def lengths(self, latent: int) -> tuple[int, int]:
        """Return how long the vectors are that the first layer and the stages are told."""

    @abstractmethod
    def forward(self, latents: Tensor, labels: Tensor | None) -> Told:
        """Return what the first layer reads ``[N, first]``, and a condition for each stage."""

    def embedded(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """Return the vectors ``[N, width]`` of the labels, of no length without classes."""
        return latents[:, :0] if self.shared is None else self.shared(_given(labels))


class SplitLatents(Conditions):
    """One piece of the latent vector for the first layer, one for each stage beside the class's vector."""

    def lengths(self, latent: int) -> tuple[int, int]:
        """Return the length of a piece, and of the class's vector with one.

        Raises:
            UserError: The latent vector cannot be cut into equal pieces.
        """
        pieces = self.stages + 1
        if latent % pieces:
            near = max(1, round(latent / pieces)) * pieces
            raise UserError(f"latent: expected a multiple of {pieces}, a piece for each part; {near} is near {latent}")
        return latent // pieces, self.width + latent // pieces

    def forward(self, latents: Tensor, labels: Tensor | None) -> Told:
        """Split latents ``[N, latent]``; see `Conditions.forward`."""
        first, *rest = torch.split(latents, self.first, dim=1)
        embedded = self.embedded(latents, labels)
        return first, [torch.cat([embedded, piece], dim=1) for piece in rest]


class WholeLatents(Conditions):
    """The latent vector and the class's vector, both whole, for every part."""

    def lengths(self, latent: int) -> tuple[int, int]:
        """Return the length of the two twice."""
        return latent + self.width, latent + self.width

    def forward(self, latents: Tensor, labels: Tensor | None) -> Told:
        """Join latents ``[N, latent]`` and class; see `Conditions.forward`."""
        whole = torch.cat([latents, self.embedded(latents, labels)], dim=1)
        return whole, [whole] * self.stages


class ClassesOnly(Conditions):
    """The latent vector for the first layer, the class's vector for the stages; without classes plain normalisation."""

    def lengths(self, latent: int) -> tuple[int, int]:
        """Return the lengths of the two."""
        return latent, self.width

    def forward(self, latents: Tensor, labels: Tensor | None) -> Told:
        """Hand latents ``[N, latent]`` on; see `Conditions.forward`."""
        return latents, [self.embedded(latents, labels)] * self.stages


class ClassTables(ClassesOnly):
    """The latent vector for the first layer, labels for the stages, whose normalisations have a table of classes each.

    Args:
        classes: Number of classes, not 0.
        latent: Length of the latent vector.
        stages: Number of stages.
    """

    def __init__(self, classes: int, latent: int, stages: int) -> None:
        super().__init__(0, 1, latent, stages)
        self.norm = partial(ModulatedBatchNorm2d, modulation=partial(nn.Embedding, classes))

    def embedded(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """Return the labels ``[N]``."""
        return _given(labels)


def _given(labels: Tensor | None) -> Tensor:
    if labels is None:
        raise ValueError("a class-conditional network needs labels")
    return labels
