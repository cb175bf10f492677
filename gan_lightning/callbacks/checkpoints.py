"""Checkpoints of the whole state, named after generator updates."""

from __future__ import annotations

import os
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.disk import replacing
from gan_lightning.loggers.base import Dashboard
from gan_lightning.module import GANModule
from gan_lightning.run import Run


class Checkpoints(Callback):
    """Keeps ``checkpoints/step-000500.ckpt``, the newest few of them, and ``last.ckpt``.

    Lightning's own callback counts every player's steps and, with a time interval, saves nothing in manual
    optimisation.

    Args:
        run: The run folder.
        every: Generator updates between two checkpoints; the end of training is one too.
        keep: How many numbered ones stay.
    """

    def __init__(self, run: Run, every: int, keep: int) -> None:
        self.run = run
        self.every = every
        self.keep = keep

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Save where a checkpoint is due."""
        del args
        assert isinstance(pl_module, GANModule)
        if pl_module.updates % self.every == 0 or pl_module.updates == pl_module.steps:
            self._save(trainer, pl_module.updates)

    def _save(self, trainer: Trainer, updates: int) -> None:
        path = self.run.checkpoints / f"step-{updates:06d}.ckpt"
        trainer.save_checkpoint(path, weights_only=False)
        if trainer.is_global_zero:
            _point(self.run.last, path)
            announce(trainer, path, ["last", f"step-{updates}"])
            for old in sorted(self.run.checkpoints.glob("step-*.ckpt"))[: -max(1, self.keep)]:
                old.unlink()


def announce(trainer: Trainer, path: Path, aliases: list[str]) -> None:
    """Tell the loggers of a checkpoint; those that were asked to keep checkpoints do."""
    for logger in trainer.loggers:
        if isinstance(logger, Dashboard):
            logger.log_checkpoint(path, aliases)


def _point(link: Path, path: Path) -> None:
    """Make `link` the same file as `path`, or, where the file system has no hard links, a copy of it."""
    with replacing(link) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            temporary.write_bytes(path.read_bytes())
