"""The losses of Cramér GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.across import gather
from gan_lightning_losses.adversarial.comparing import Comparing
from gan_lightning_losses.adversarial.kernels import squared_distances
from gan_lightning_losses.adversarial.pairs import require_pairs
from gan_lightning_losses.adversarial.vectors import Compared, positive_size, vectors

_HEAD = "cramer"
_NEAREST = 1e-12


@dataclass(frozen=True)
class Cramer(Comparing, Loss):
    """The energy distance of embeddings h, whose gradients from samples are unbiased.

    D: -(E|x - y| - E|x|) + (E|y - y'| - E|y|)      G: 2 E|x - y| - E|y - y'|

    with x, y and y' short for the embeddings of a real sample and of two independent generated ones, |.| the Euclidean
    norm (Bellemare et al. 2017, arXiv:1705.10743). The generated batch is split in halves: those at even
    places are y and their neighbours at odd places y', so that E|y - y'| is over N / 2 pairs. The i-th real and the
    i-th generated sample are the N pairs of E|x - y|, which uses both halves. All are means over pairs that lie in one
    process, so that processes may share a batch of which each has an even number.

    The critic is f(x) = E|x - y'| - |x|: `scores` is that against the batch compared last, and what a gradient penalty
    is taken on.

    Args:
        size: Length of an embedding.

    Raises:
        UserError: No components.
    """

    size: int = 256
    _compared: Compared = field(default_factory=Compared, init=False, repr=False, compare=False)

    origin: ClassVar = Origin(
        "Bellemare et al., The Cramer Distance as a Solution to Biased Wasserstein Gradients",
        2017,
        "1705.10743",
        descends_from=("wasserstein",),
        cures=("mode diversity", "stability"),
    )

    def __post_init__(self) -> None:
        """Refuse embeddings without components."""
        positive_size(self.size)

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the embedding."""
        del data
        return {_HEAD: self.size}

    @property
    def paired(self) -> bool:
        """Its first term is of pairs."""
        return True

    def scores(self, critique: Critique) -> Tensor:
        """Return f ``[N]``, against all generated samples of the batch compared last.

        Raises:
            UserError: No batch has been compared.
        """
        _, others = self._compared.recall(_HEAD)
        places = vectors(critique, _HEAD)
        # The root has no slope at 0, where a sample meets itself
        return squared_distances(places, others).clamp(min=_NEAREST).sqrt().mean(1) - _norm(places)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from embeddings ``[N, size]`` and ``[N, size]``.

        Raises:
            UserError: The batches differ in size, or their size is odd.
        """
        x, y = self._compare(real, fake)
        return _norm(_neighbours(y)).mean() - _norm(y).mean() - _norm(x - y).mean() + _norm(x).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from embeddings ``[N, size]`` and ``[N, size]``.

        Raises:
            UserError: The batches differ in size, or their size is odd.
        """
        x, y = self._compare(real, fake)
        return 2.0 * _norm(x - y).mean() - _norm(_neighbours(y)).mean()

    def _compare(self, real: Critique, fake: Critique) -> tuple[Tensor, Tensor]:
        x, y = vectors(real, _HEAD), vectors(fake, _HEAD)
        require_pairs(_HEAD, x, y)
        if len(y) % 2:
            raise UserError(f"loss {_HEAD}: it splits a process's batch in halves; expected an even one, got {len(y)}")
        self._compared.remember(gather(x), gather(y), x, y)
        return x, y


def _norm(differences: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(differences, dim=-1)
    return norms


def _neighbours(rows: Tensor) -> Tensor:
    return rows[0::2] - rows[1::2]
