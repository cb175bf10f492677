"""Orthogonal regularisation of weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from gan_lightning.components import Penalty
from gan_lightning.game import Play
from gan_lightning.origin import Origin

Form = Literal["off_diagonal", "plain"]


@dataclass(frozen=True)
class Orthogonal(Penalty):
    """Push the rows of each of the generator's weight matrices W ``[out, rest]`` to be orthogonal.

    off_diagonal: 1/2 sum of ||W W^T o (1 - I)||_F^2,    plain: 1/2 sum of ||W W^T - I||_F^2

    over the weights of two or more dimensions, embeddings left out. The first leaves the length of rows free (Brock et
    al. 2019, arXiv:1809.11096, equation 3, whose authors' code has this factor of 1/2: its gradient is
    2 (W W^T o (1 - I)) W times the weight); the second is that of Brock et al. 2017, arXiv:1609.07093. A spectrally
    normalised layer's weight is taken before its normalisation.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        form: Whether rows of any length will do, or only those of length 1.
    """

    weight: float = 1e-4
    form: Form = "off_diagonal"

    players: ClassVar = ("generator",)
    origin: ClassVar = Origin(
        "Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        2018,
        "1809.11096",
        cures=("image quality",),
    )

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        networks = [play.game.networks[name] for name in play.game.player(play.phase.player).networks]
        terms = [self._term(weight.flatten(1)) for network in networks for weight in _matrices(network)]
        return torch.stack(terms).sum()

    def _term(self, rows: Tensor) -> Tensor:
        gram = rows @ rows.T
        wanted = {"off_diagonal": gram.diagonal(), "plain": torch.ones_like(gram.diagonal())}[self.form]
        return 0.5 * (gram - wanted.diag()).square().sum()


@dataclass(frozen=True)
class OrthogonalDiscriminator(Orthogonal):
    """Push the rows of each of the discriminator's weight matrices to be orthogonal; see `Orthogonal`.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        form: Whether rows of any length will do (``off_diagonal``), or only those of length 1 (``plain``).
    """

    players: ClassVar = ("discriminator",)


def _matrices(network: nn.Module) -> Iterator[Tensor]:
    for layer in network.modules():
        weight = getattr(layer, "weight", None)
        if isinstance(weight, Tensor) and weight.dim() >= 2 and not isinstance(layer, nn.Embedding):
            yield weight
