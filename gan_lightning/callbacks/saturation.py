"""Discriminators that are always right and teach the generator nothing any more."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan_lightning.callbacks.watch import Look, Watch
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import GuardSection

_MEDIAN_OF = 3


class Saturation(Watch):
    """Watches how well logits tell real from generated samples, together with the generator's gradient.

    A critic that separates the two perfectly may be just what a loss asks for, and a gradient may be small because
    there is nothing left to learn. Both together say that the generator has lost: it is told apart each time, and
    moving its weights changes nothing. The separation is logged as ``guard/separation``: the probability that a real
    sample's logit is higher than a generated one's, ties counting half; 0.5 for a discriminator that guesses, 1 for one
    that is always right. The gradient is compared with the largest norm there has been, or rather the largest median
    of three, since a single one may be a spike. Looks are the rounds with a row in the logs, whose values are there
    anyway. Games without logits of real and generated samples are left alone.

    Args:
        section: What counts as separated and as vanished, and what is done about it.
        every: Generator updates between two rows of the logs.
    """

    def __init__(self, section: GuardSection, every: int) -> None:
        super().__init__(section, section.saturation_patience)
        self.every = every
        self.separation = section.separation
        self.vanishing = section.vanishing or 0.0
        self.recent: list[float] = []
        self.largest = 0.0

    def look(self, module: GANModule) -> Look:
        """Read the last round's logits and gradient."""
        noted = [module.ledger.latest(name) for name in ("logits/real", "logits/fake", self._gradient(module))]
        if any(values is None for values in noted):
            return Look(collapsed=False)
        real, fake, gradient = (values.float().cpu() for values in noted if values is not None)
        separation, norm = separate(real, fake), gradient.item()
        self.recent = [*self.recent, norm][-_MEDIAN_OF:]
        if len(self.recent) == _MEDIAN_OF:
            self.largest = max(self.largest, sorted(self.recent)[_MEDIAN_OF // 2])
        collapsed = separation >= self.separation and norm < self.vanishing * self.largest
        words = f"the discriminator is right {separation:.2%} of the time, and the generator's gradient has vanished"
        where = f"({norm:.2g} at update {module.updates}, once {self.largest:.2g})"
        return Look(collapsed, f"{words} {where}", {"guard/separation": separation})

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {**super().state_dict(), "recent": self.recent, "largest": self.largest}

    def _gradient(self, module: GANModule) -> str:
        phase = next(phase for phase in module.game.phases() if phase.counts)
        return f"{phase.player}/gradient_norm"


def separate(real: Tensor, fake: Tensor) -> float:
    """Return the probability that a real logit is higher than a generated one, ties counting half.

    Args:
        real: Logits of real samples, of any shape.
        fake: Logits of generated samples, of any shape.

    Returns:
        The area under the ROC curve, in [0, 1].
    """
    fake = fake.flatten().sort().values
    below = torch.searchsorted(fake, real.flatten().contiguous())
    not_above = torch.searchsorted(fake, real.flatten().contiguous(), right=True)
    return ((below + not_above).double().mean() / (2 * len(fake))).item()
