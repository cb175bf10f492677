"""Checkpoints of the whole state, named after generator updates."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.averages import gather_averages, write_averages
from gan_lightning.callbacks.signals import Signals
from gan_lightning.disk import replacing, sweep
from gan_lightning.loggers.base import Dashboard
from gan_lightning.module import GANModule
from gan_lightning.run import Run, updates_of

_log = logging.getLogger("gan_lightning")


class Checkpoints(Callback):
    """Keeps ``checkpoints/step-000500.ckpt``, the newest few of them, and ``last.ckpt``.

    Lightning's own callback counts every player's steps and, with a time interval, saves nothing in manual
    optimisation.

    Args:
        run: The run folder.
        every: Generator updates between two checkpoints; the end of training, whatever ends it, is one too.
        keep: How many numbered ones stay.
        signals: Tells when a signal ends training, which is a reason for a checkpoint too.
    """

    def __init__(self, run: Run, every: int, keep: int, signals: Signals) -> None:
        self.run = run
        self.every = every
        self.keep = keep
        self.signals = signals
        self._saved: int | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Clear away what a killed process has left."""
        del pl_module
        if trainer.is_global_zero:
            sweep(self.run.checkpoints)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Save where a checkpoint is due, unless steps are being left out: that state is no good one."""
        del args
        assert isinstance(pl_module, GANModule)
        due = pl_module.passed(self.every) or trainer.should_stop
        if due and pl_module.guard is not None:
            pl_module.guard.settle()
            due = not pl_module.guard.failing
        if due or pl_module.finished or self.signals.received:
            self.save(trainer, pl_module)

    def save(self, trainer: Trainer, module: GANModule) -> None:
        """Save now; all processes call this together. What cannot be written is told in one line."""
        if self._saved == module.updates:
            return
        self._saved = module.updates
        path = self.run.checkpoints / f"step-{module.updates:06d}.ckpt"
        if write_checkpoint(trainer, path, self.run.last) and trainer.is_global_zero:
            announce(trainer, path, ["last", f"step-{module.updates}"])
            earlier = [old for old in self.run.numbered() if updates_of(old) <= module.updates]
            for old in earlier[max(1, self.keep) :]:
                old.unlink()


def write_checkpoint(trainer: Trainer, path: Path, link: Path | None = None) -> bool:
    """Write a checkpoint and the averaged networks beside it; all processes call this together.

    Args:
        trainer: The trainer.
        path: The checkpoint's file.
        link: Another name for it.

    Returns:
        Whether it is there, as far as the first process knows, which is the one that writes.
    """
    module = trainer.lightning_module
    assert isinstance(module, GANModule)
    averages = gather_averages(module)
    try:
        trainer.save_checkpoint(path, weights_only=False)
    except OSError as error:
        trainer.strategy.barrier()  # the one in which the other processes wait
        _remark(path, error)
        return False
    if trainer.is_global_zero:
        try:
            if link is not None:
                point(link, path)
            write_averages(module, averages, (link or path).stem, path.parent)
        except OSError as error:
            _remark(link or path, error)
            return False
    return True


def announce(trainer: Trainer, path: Path, aliases: list[str]) -> None:
    """Tell the loggers of a checkpoint; those that were asked to keep checkpoints do."""
    for logger in trainer.loggers:
        if isinstance(logger, Dashboard):
            logger.log_checkpoint(path, aliases)


def point(link: Path, path: Path) -> None:
    """Make `link` the same file as `path`, or, where the file system has no hard links, a copy of it."""
    with replacing(link) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            temporary.write_bytes(path.read_bytes())


def _remark(path: Path, error: OSError) -> None:
    _log.warning("%s could not be written (%s); training goes on, and older checkpoints stay", path, error)
