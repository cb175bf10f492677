"""Runs whose scores get worse and worse."""

from __future__ import annotations

import math
from typing import ClassVar

from gan_lightning.callbacks.scores import Scores
from gan_lightning.callbacks.watch import Look, Watch
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import GuardSection

#: Share of what training has gained over the untrained generator that a collapse loses: twice a score of almost 0 is
#: still almost 0.
_LEAST_LOSS = 0.05


class Collapse(Watch):
    """Watches the score that picks the best checkpoint; comes after `Scores` among the callbacks.

    Args:
        scores: What scores the generator.
        section: What counts as a collapse, and what is done about it.
    """

    kept: ClassVar[str] = "best.ckpt is kept; "

    def __init__(self, scores: Scores, section: GuardSection) -> None:
        super().__init__(section, section.collapse_patience)
        self.scores = scores
        self.factor = section.collapse_factor

    def due(self, module: GANModule) -> bool:
        """Tell whether there is a new score."""
        return self.scores.due(module)

    def look(self, module: GANModule) -> Look:
        """Compare the latest score with the best one."""
        name = str(self.scores.best)
        value, best = self.scores.latest.get(name, math.nan), self.scores.best_value
        if best is None or best <= 0:  # a multiple of the best says nothing then
            return Look(collapsed=False)
        worse = value > best * self.factor if self.scores.lower_is_better else value < best / self.factor
        gained = abs(self.scores.first.get(name, math.inf) - best)
        collapsed = worse and abs(value - best) > _LEAST_LOSS * gained
        words = f"{name} {value:.4g} at update {module.updates}, best {best:.4g} at update {self.scores.best_step}"
        return Look(collapsed or not math.isfinite(value), words)
