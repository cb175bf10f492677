"""How far training is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import ClassVar, Protocol

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gan_lightning.callbacks.scores import Scores
from gan_lightning.module import GANModule

_LINE_SECONDS = 30.0
_log = logging.getLogger("gan_lightning")


class ProgressBar(Callback):
    """Shows generator updates, their speed, the time left and the latest score.

    Args:
        steps: Generator updates of the whole training.
    """

    every: ClassVar[int | None] = None

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self._display: _Display | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Choose between bar and lines."""
        assert isinstance(pl_module, GANModule)
        if trainer.is_global_zero:
            console = Console(stderr=True)
            self._display = (_Bar if console.is_terminal else _Lines)(console, self.steps, pl_module.updates)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Move on."""
        del args
        assert isinstance(pl_module, GANModule)
        if self._display is not None:
            self._display.move(pl_module.updates, _latest_score(trainer))

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Leave the screen as it is."""
        del trainer, pl_module, stage
        if self._display is not None:
            self._display.close()


class _Display(Protocol):
    """Something that shows progress."""

    def __init__(self, console: Console, steps: int, done: int) -> None: ...

    def move(self, done: int, score: str) -> None:
        """Show how many updates are done."""
        ...

    def close(self) -> None:
        """Show no more."""
        ...


class _Bar:
    """A bar, drawn ten times a second at most."""

    def __init__(self, console: Console, steps: int, done: int) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("updates  {task.fields[speed]}  {task.fields[score]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("train", total=steps, completed=done, speed="", score="")
        self.bar.start()

    def move(self, done: int, score: str) -> None:
        pace = self.bar.tasks[self.task].speed
        self.bar.update(self.task, completed=done, speed=f"{pace:.1f}/s" if pace else "", score=score)

    def close(self) -> None:
        self.bar.stop()


class _Lines:
    """A line of the log every half minute, for runs that nobody watches."""

    def __init__(self, console: Console, steps: int, done: int) -> None:
        del console
        self.steps = steps
        self.told = time.monotonic()
        self.before = done

    def move(self, done: int, score: str) -> None:
        now = time.monotonic()
        if now - self.told < _LINE_SECONDS:
            return
        pace = (done - self.before) / (now - self.told)  # of the last half minute: scoring takes its time too
        self.told, self.before = now, done
        left = timedelta(seconds=round((self.steps - done) / pace)) if pace else "unknown"
        _log.info("%d of %d updates, %.2f/s, %s left%s", done, self.steps, pace, left, f", {score}" if score else "")

    def close(self) -> None:
        pass


def _latest_score(trainer: Trainer) -> str:
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    for callback in callbacks:
        if isinstance(callback, Scores) and callback.best in callback.latest:
            return f"{callback.best} {callback.latest[callback.best]:.2f}"
    return ""
