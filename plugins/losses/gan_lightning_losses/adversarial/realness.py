"""The losses of RealnessGAN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.pairs import require_pairs
from gan_lightning_losses.adversarial.vectors import vectors

_HEAD = "realness"
Law = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Realness(Loss):
    """A sample's realness is a distribution over outcomes, drawn to one anchor or the other.

    D: H(A1, p(x)) + H(A0, p(y))
    G, by `objective`: ``relativistic``: H(p(x), p(y)) - H(A0, p(y)); ``anchors``: H(A1, p(y)) - H(A0, p(y));
    ``fake_anchor``: -H(A0, p(y))

    with H(q, p) = -E[sum of q log p], p the softmax of the discriminator's output ``realness`` for real x and generated
    y (Xiangli et al. 2020, arXiv:2002.05512, without entropies that the player cannot change). Outcomes lie evenly in
    [-1, 1]. A1 is U(-1, 1) moved by +`shift` and A0 is N(0, `spread`) moved by -`shift`, both stopped at the ends, so
    that a shift of 1 heaps half of each there. The authors' anchors are histograms of 1,000 draws, over the range of
    the draws; these here are exact. ``relativistic`` pairs the i-th real with the i-th generated sample.

    Args:
        outcomes: How many outcomes.
        objective: What the generator minimises.
        spread: Standard deviation of the normal law in A0.
        shift: How far the anchors are moved apart.

    Raises:
        UserError: Fewer than two outcomes, no spread, or a negative shift.
    """

    outcomes: int = 51
    objective: Literal["relativistic", "anchors", "fake_anchor"] = "relativistic"
    spread: float = 0.1
    shift: float = 1.0

    origin: ClassVar = Origin(
        "Xiangli et al., Real or Not Real, that is the Question",
        2020,
        "2002.05512",
        descends_from=("non_saturating",),
        cures=("mode diversity", "image quality"),
    )

    def __post_init__(self) -> None:
        """Refuse anchors that are none."""
        if self.outcomes < 2:
            raise UserError(f"loss.outcomes: expected at least 2, got {self.outcomes}")
        if self.spread <= 0.0:
            raise UserError(f"loss.spread: expected more than 0, got {self.spread:g}")
        if self.shift < 0.0:
            raise UserError(f"loss.shift: expected at least 0, got {self.shift:g}")

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the output of one value an outcome."""
        del data
        return {_HEAD: self.outcomes}

    @property
    def paired(self) -> bool:
        """Of the objectives, the relativistic one is of pairs."""
        return self.objective == "relativistic"

    def scores(self, critique: Critique) -> Tensor:
        """Return the mean outcome ``[N]``, in [-1, 1]."""
        chances = vectors(critique, _HEAD).softmax(1)
        return chances @ self._support(chances)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from outputs ``[N, outcomes]`` and ``[M, outcomes]``."""
        of_real, of_fake = self._log_chances(real), self._log_chances(fake)
        return _cross_entropy(self.real_anchor(of_real), of_real) + _cross_entropy(self.fake_anchor(of_fake), of_fake)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from outputs ``[N, outcomes]`` and ``[M, outcomes]``.

        Raises:
            UserError: The objective is ``relativistic`` and the batches differ in size.
        """
        of_fake = self._log_chances(fake)
        target = _TARGETS[self.objective](self, real, of_fake)
        return _cross_entropy(target - self.fake_anchor(of_fake), of_fake)

    def real_anchor(self, like: Tensor) -> Tensor:
        """Return A1 ``[outcomes]``, with the type and device of `like`."""
        return self._anchor(lambda edges: ((edges - self.shift + 1.0) / 2.0).clamp(0.0, 1.0), like)

    def fake_anchor(self, like: Tensor) -> Tensor:
        """Return A0 ``[outcomes]``, with the type and device of `like`."""
        return self._anchor(lambda edges: torch.special.ndtr((edges + self.shift) / self.spread), like)

    def _anchor(self, law: Law, like: Tensor) -> Tensor:
        """Give each outcome what a cumulative law has nearest to it, and the last ones what is beyond."""
        support = self._support(like)
        below = law((support[1:] + support[:-1]) / 2.0)
        return torch.diff(below, prepend=below.new_zeros(1), append=below.new_ones(1))

    def _support(self, like: Tensor) -> Tensor:
        return torch.linspace(-1.0, 1.0, self.outcomes, dtype=like.dtype, device=like.device)

    def _log_chances(self, critique: Critique) -> Tensor:
        return vectors(critique, _HEAD).log_softmax(1)


def _cross_entropy(weights: Tensor, log_chances: Tensor) -> Tensor:
    return -(weights * log_chances).sum(1).mean()


def _real_outcomes(loss: Realness, real: Critique, of_fake: Tensor) -> Tensor:
    chances = vectors(real, _HEAD).softmax(1)
    require_pairs(_HEAD, chances, of_fake)
    return chances


#: What the generator draws the outcomes of its samples to, by objective.
_TARGETS: Mapping[str, Callable[[Realness, Critique, Tensor], Tensor]] = {
    "relativistic": _real_outcomes,
    "anchors": lambda loss, real, of_fake: loss.real_anchor(of_fake),
    "fake_anchor": lambda loss, real, of_fake: torch.zeros_like(of_fake),
}
