"""Scores during training: the generator is scored every so often, and the best one is kept."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.callbacks.checkpoints import announce, write_checkpoint
from gan_lightning.callbacks.together import look_together, shared_trouble
from gan_lightning.disk import growing, harmless
from gan_lightning.loggers.base import Dashboard
from gan_lightning.metrics.evaluator import Evaluator, Look, Result
from gan_lightning.metrics.results import append_results
from gan_lightning.module import GANModule
from gan_lightning.run import Run

_log = logging.getLogger("gan_lightning")


class Scores(Callback):
    """Scores the generator, writes ``results.jsonl``, and keeps ``checkpoints/best.ckpt``.

    Args:
        run: The run folder.
        evaluator: Scores samples.
        every: Generator updates between two evaluations; the untrained generator is scored too.
        generator: Whether the averaged or the raw generator is scored.
        best: The value that picks the best checkpoint, or None.
        seed: Names the samples that are scored.
    """

    def __init__(
        self,
        run: Run,
        evaluator: Evaluator,
        *,
        every: int,
        generator: Literal["ema", "raw"],
        best: str | None,
        seed: int,
    ) -> None:
        self.run = run
        self.evaluator = evaluator
        self.every = every
        self.generator = generator
        self.best = best
        self.seed = seed
        self.first: dict[str, float] = {}
        self.latest: dict[str, float] = {}
        self.best_value: float | None = None
        self.best_step: int | None = None
        self._owed: list[tuple[list[Result], int, int]] = []  # not in the file yet
        self._told: set[Path] = set()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Score the untrained generator, what all later scores are measured against."""
        assert isinstance(pl_module, GANModule)
        if pl_module.updates == 0:
            self._score(trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Score where a score is due."""
        del args
        assert isinstance(pl_module, GANModule)
        if self.due(pl_module):
            self._score(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Try once more to write what could not be written."""
        del trainer, pl_module
        self._write()
        if self._owed:
            _log.warning("%s lacks the scores of %d evaluations", self.run.results, len(self._owed))

    def due(self, module: GANModule) -> bool:
        """Tell whether the round that has just ended is one with a score."""
        return module.passed(self.every) or module.finished

    @property
    def lower_is_better(self) -> bool:
        """Which way the value that picks the best checkpoint should go."""
        directions = {name: way for score in self.evaluator.scores.values() for name, way in score.better.items()}
        return directions[self.best or ""] == "lower"

    def state_dict(self) -> dict[str, object]:
        """Return what a resumed run must know."""
        names = ("best", "first", "latest", "best_value", "best_step")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Continue from `state_dict`; a best of another value than the one that picks now is none."""
        found = {name: value for name, value in state_dict.items() if name != "best"}
        if state_dict.get("best", self.best) != self.best:
            found |= {"best_value": None, "best_step": None}
        for name, value in found.items():
            setattr(self, name, value)

    def _score(self, trainer: Trainer, module: GANModule) -> None:
        self._evaluate(trainer, module)
        before = self.best_value, self.best_step
        improved = trainer.strategy.broadcast(self._improved(module.updates))
        if not improved:
            return
        if not write_checkpoint(trainer, self.run.best):
            self.best_value, self.best_step = before  # still the best that there is a checkpoint of
        elif trainer.is_global_zero:
            announce(trainer, self.run.best, ["best"])

    def _evaluate(self, trainer: Trainer, module: GANModule) -> None:
        looks = look_together(trainer, module, self.evaluator, self.generator, self.seed)
        with shared_trouble(trainer):
            if trainer.is_global_zero:
                self._judge(trainer, module, looks)

    def _judge(self, trainer: Trainer, module: GANModule, looks: Iterable[Look]) -> None:
        results = self.evaluator.judge(looks, self.generator)
        self._owed.append((results, module.updates, module.images))
        self._write()
        self.latest = {name: value for result in results for name, value in result.values.items()}
        self.first = self.first or self.latest
        for logger in trainer.loggers:
            if isinstance(logger, Dashboard):
                for result in results:
                    logger.log_score(result.values, result.protocol.as_dict(), module.updates, module.images)

    def _write(self) -> None:
        """Write what is not in the file yet."""
        with harmless(self.run.results, self._told, "its rows are kept until they can be written"):
            while self._owed:
                results, updates, images = self._owed[0]
                with growing(self.run.results):
                    append_results(self.run.results, results, step=updates, images=images)
                del self._owed[0]

    def _improved(self, step: int) -> bool:
        """Note the value that picks the best, and tell whether it is the best so far."""
        value = self.latest.get(self.best) if self.best else None
        if value is None or not math.isfinite(value):
            return False
        if self.best_value is not None and not self._better(value, self.best_value):
            return False
        self.best_value, self.best_step = value, step
        return True

    def _better(self, value: float, than: float) -> bool:
        return value < than if self.lower_is_better else value > than
