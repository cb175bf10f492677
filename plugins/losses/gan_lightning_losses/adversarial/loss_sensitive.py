"""The losses of LS-GAN and of GLS-GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.comparing import Comparing
from gan_lightning_losses.adversarial.pairs import require_pairs


@dataclass(frozen=True)
class LossSensitive(Comparing, Loss):
    """A generated sample must look worse than a real one by a margin that grows with the distance of the two.

    D: E[C(margin * |x - y| + f - r)], C(t) = max(t, slope * t)      G: -E[f]

    with logits r and f of the i-th real sample x and the i-th generated sample y (Qi 2017, arXiv:1701.06264, LS-GAN,
    and GLS-GAN with another slope than 0). The paper's losses L are LOW for real: here L = -logit.

    Args:
        margin: Margin for each unit of distance. A distance is the sum of the absolute differences of two samples, so
            the margin depends on how many values a sample has.
        slope: What a pair that keeps its margin still counts: 0 nothing, 1 as much as any other, which is the
            Wasserstein loss but for a constant.
        distance: Of what: of ``samples`` as the discriminator sees them, or of its ``features``, taken as constants.

    Raises:
        UserError: A negative margin, or a slope above 1.
    """

    margin: float = 2e-4
    slope: float = 0.0
    distance: Literal["samples", "features"] = "samples"

    origin: ClassVar = Origin(
        "Qi, Loss-Sensitive Generative Adversarial Networks on Lipschitz Densities",
        2017,
        "1701.06264",
        descends_from=("minimax", "wasserstein"),
        cures=("vanishing gradients", "mode diversity"),
    )

    def __post_init__(self) -> None:
        """Refuse a margin that rewards mistakes and a slope that is steeper where the margin is kept."""
        if self.margin < 0.0:
            raise UserError(f"loss.margin: expected at least 0, got {self.margin:g}")
        if self.slope > 1.0:
            raise UserError(f"loss.slope: expected at most 1, got {self.slope:g}")

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from logits ``[N]`` and ``[N]`` and samples or features.

        Raises:
            UserError: The batches differ in size, or the discriminator offers no features.
        """
        require_pairs("loss_sensitive", real.logits, fake.logits)
        apart = (self._place(real) - self._place(fake)).abs().flatten(1).sum(1)
        short = self.margin * _beside(apart, real.logits) + fake.logits - real.logits
        return torch.maximum(short, self.slope * short).mean()

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from logits ``[M]``; `real` is not read."""
        del real
        return -fake.logits.mean()

    def _place(self, critique: Critique) -> Tensor:
        place: Tensor | None = getattr(critique, self.distance)
        if place is None:
            raise UserError("loss.distance: this architecture's discriminator offers no features; use samples")
        return place.detach()


def _beside(values: Tensor, logits: Tensor) -> Tensor:
    """Shape one value a sample ``[N]`` to be added to logits ``[N, ...]``, of patches maybe."""
    return values.view(-1, *[1] * (logits.dim() - 1))
