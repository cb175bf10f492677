"""The progress bar: generator updates, speed, time left and the latest score."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gan_lightning.callbacks.scores import Scores
from gan_lightning.module import GANModule


class ProgressBar(Callback):
    """Shows how far training is, on a terminal only.

    Args:
        steps: Generator updates of the whole training.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self._bar: Progress | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the bar."""
        assert isinstance(pl_module, GANModule)
        console = Console(stderr=True)
        if not trainer.is_global_zero or not console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("updates  {task.fields[speed]}  {task.fields[score]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bar.add_task("train", total=self.steps, completed=pl_module.updates, speed="", score="")
        self._bar.start()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Move the bar; rich draws it ten times a second at most."""
        del args
        if self._bar is None:
            return
        assert isinstance(pl_module, GANModule)
        task = self._bar.tasks[self._task]
        speed = f"{task.speed:.1f}/s" if task.speed else ""
        self._bar.update(self._task, completed=pl_module.updates, speed=speed, score=_latest_score(trainer))

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Close the bar."""
        del trainer, pl_module, stage
        if self._bar is not None:
            self._bar.stop()


def _latest_score(trainer: Trainer) -> str:
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    for callback in callbacks:
        if isinstance(callback, Scores) and callback.best in callback.latest:
            return f"{callback.best} {callback.latest[callback.best]:.2f}"
    return ""
