"""Runs whose scores get worse and worse."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.callbacks.scores import Scores
from gan_lightning.callbacks.verdict import RollBack
from gan_lightning.errors import UserError
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import GuardSection

_log = logging.getLogger("gan_lightning")

#: Share of what training has gained over the untrained generator that a collapse loses: twice a score of almost 0 is
#: still almost 0.
_LEAST_LOSS = 0.05


class Collapse(Callback):
    """Watches the score that picks the best checkpoint; comes after `Scores` among the callbacks.

    Args:
        scores: What scores the generator.
        section: What counts as a collapse, and what is done about it: ``warn`` once a collapse, ``stop`` with an
            error, or ``rollback`` to the best checkpoint.
    """

    def __init__(self, scores: Scores, section: GuardSection) -> None:
        self.scores = scores
        self.act = _ACTIONS[section.on_collapse]
        self.factor = section.collapse_factor
        self.patience = section.collapse_patience
        self.streak = 0
        self.verdict: RollBack | None = None

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Judge a new score."""
        del args
        assert isinstance(pl_module, GANModule)
        if not self.scores.due(pl_module):
            return
        collapsed, value, best, step = trainer.strategy.broadcast(self._judge())
        self.streak = self.streak + 1 if collapsed else 0
        if self.streak == self.patience:
            reason = (
                f"the run has collapsed: {self.scores.best} {value:.4g} at update {pl_module.updates}, best {best:.4g} "
                f"at update {step}"
            )
            self.act(self, trainer, reason, step)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"streak": self.streak}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        self.streak = state_dict["streak"]

    def _judge(self) -> tuple[bool, float, float, int]:
        name = str(self.scores.best)
        value, best = self.scores.latest.get(name, math.nan), self.scores.best_value
        if best is None or best <= 0:  # a multiple of the best says nothing then
            return False, value, math.nan, 0
        worse = value > best * self.factor if self.scores.lower_is_better else value < best / self.factor
        gained = abs(self.scores.first.get(name, math.inf) - best)
        collapsed = worse and abs(value - best) > _LEAST_LOSS * gained
        return collapsed or not math.isfinite(value), value, best, self.scores.best_step or 0

    def _warn(self, trainer: Trainer, reason: str, step: int) -> None:
        del step
        if trainer.is_global_zero:
            _log.warning("%s; best.ckpt is kept, and guard.on_collapse=stop or rollback would end this", reason)

    def _stop(self, trainer: Trainer, reason: str, step: int) -> None:
        del trainer, step
        raise UserError(f"{reason}; best.ckpt is kept; lower the learning rates, or set guard.on_collapse=warn")

    def _roll_back(self, trainer: Trainer, reason: str, step: int) -> None:
        self.verdict = RollBack(reason, step, to_best=True)
        trainer.should_stop = True


_ACTIONS: Mapping[str, Callable[[Collapse, Trainer, str, int], None]] = {
    "warn": Collapse._warn,
    "stop": Collapse._stop,
    "rollback": Collapse._roll_back,
}
