"""Where training goes on from: a checkpoint that was asked for, or the last good one after something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from gan_lightning.callbacks.checkpoints import point
from gan_lightning.callbacks.scores import Scores
from gan_lightning.callbacks.verdict import RollBack
from gan_lightning.callbacks.watch import Watch
from gan_lightning.checkpoint import PRODUCT, read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.guard import StepGuard
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import Recipe
from gan_lightning.run import Run, is_first_process, refuse_other_recipe, updates_of

_log = logging.getLogger("gan_lightning")


@dataclass(eq=False)
class Start(Callback):
    """The checkpoint from which training goes on, and what has changed since it was written.

    Args:
        checkpoint: The file, or None to begin anew in the folder that is there.
        updates: Generator updates in it; what was logged beyond them is dropped. -1 to begin anew.
        guard: Counts of the step guard that replace those of the checkpoint, or nothing.
        scores: Facts on the best score that replace those of the checkpoint, or nothing.
    """

    checkpoint: Path | None
    updates: int
    guard: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace what has changed, once the checkpoint is loaded."""
        assert isinstance(pl_module, GANModule)
        if self.guard and pl_module.guard is not None:
            pl_module.guard.restore({**pl_module.guard.state(), **self.guard})
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        for callback in callbacks:
            if self.scores and isinstance(callback, Scores):
                callback.load_state_dict(self.scores)
            if self.guard and isinstance(callback, Watch):
                callback.streak = 0


def begin_from(run: Run, wanted: str, recipe: Recipe) -> Start:
    """Find the checkpoint that ``--resume`` names and check that it fits the recipe.

    Raises:
        UserError: There is none, it is damaged, of another recipe, or has all the updates that are asked for.
    """
    path = run.checkpoint(wanted)
    path, facts = _newest_whole(run, path) if wanted == "last" else (path, read_checkpoint(path))
    refuse_other_recipe(recipe.as_dict(), facts[PRODUCT]["recipe"], path)
    updates = facts["progress"]["updates"]
    if updates >= recipe.train.steps:
        raise UserError(f"{path} has {updates} updates already; ask for more with train.steps=...")
    return Start(path, updates)


def roll_back(run: Run, verdict: RollBack, guard: StepGuard, scores: Scores | None, recipe: Recipe) -> Start:
    """Go back to the last good checkpoint, with lower learning rates, and forget the newer ones.

    Raises:
        UserError: Training has rolled back as often as it may.
    """
    done = guard.rollbacks
    if done >= recipe.guard.rollbacks:
        raise UserError(
            f"{verdict.reason}, after {done} rollbacks; lower the learning rates, add a penalty, or see guard in the "
            "recipe"
        )
    good = _good(run, verdict)
    path, updates = good if good is not None else (None, -1)
    factor = guard.learning_rate_factor * recipe.guard.rollback_factor
    if is_first_process():
        _log.warning(
            "%s: rolled back to %s with learning rates times %g (rollback %d of %d)",
            verdict.reason,
            path or "the beginning",
            factor,
            done + 1,
            recipe.guard.rollbacks,
        )
        _forget_newer(run, path, updates)
    changed = {"rollbacks": done + 1, "learning_rate_factor": factor, "skipped": guard.skipped, "streaks": {}}
    best = {} if scores is None else {"best_value": scores.best_value, "best_step": scores.best_step}
    return Start(path, updates, changed, best)


def _newest_whole(run: Run, newest: Path) -> tuple[Path, dict[str, Any]]:
    """Return the newest checkpoint that can be read; that others were passed over is told in one line."""
    passed: list[str] = []
    for path in dict.fromkeys([newest, *run.numbered()]):
        try:
            facts = read_checkpoint(path)
        except UserError as error:
            passed.append(str(error))
            continue
        if passed and is_first_process():
            _log.warning("%s; continuing from %s", passed[0], path)
        return path, facts
    raise UserError(f"{passed[0]}, and no other checkpoint in {run.checkpoints} can be read")


def _good(run: Run, verdict: RollBack) -> tuple[Path, int] | None:
    """Return the newest checkpoint of before things went wrong whose weights are numbers, and its updates."""
    candidates = [path for path in run.numbered() if updates_of(path) <= verdict.good_updates]
    for path in [run.best, *candidates] if verdict.to_best else candidates:
        try:
            checkpoint = read_checkpoint(path)
        except UserError:
            continue
        if _finite(checkpoint["state_dict"].values()):
            return path, checkpoint["progress"]["updates"]
    return None


def _finite(tensors: Iterable[Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors)


def _forget_newer(run: Run, path: Path | None, updates: int) -> None:
    for newer in run.numbered():
        if updates_of(newer) > updates:
            newer.unlink()
    if path is None:
        run.last.unlink(missing_ok=True)
    else:
        point(run.last, path)
