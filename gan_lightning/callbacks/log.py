"""Scalars and distributions of training, handed to the loggers every so many generator updates."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.distributed as dist
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.errors import UserError
from gan_lightning.loggers.base import Dashboard
from gan_lightning.module import GANModule


class Log(Callback):
    """Settles the module's ledger; between two settlements nothing is read from the device.

    Args:
        every: Generator updates between two rows. The end of training makes no row of its own, so that a run that is
            continued has the rows of one that was never stopped.
        non_finite: Whether a value that is no finite number stops training; only ``stop`` does.
    """

    def __init__(self, every: int = 50, non_finite: Literal["stop", "ignore", "skip"] = "stop") -> None:
        self.every = every
        self.non_finite = non_finite

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Have distributions watched in the rounds that end with a row."""
        del trainer
        assert isinstance(pl_module, GANModule)
        pl_module.step.watch_every = self.every

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Write a row where one is due."""
        del args
        assert isinstance(pl_module, GANModule)
        if not pl_module.passed(self.every):
            return
        observed = pl_module.ledger.observed()
        for name, values in observed.items():
            pl_module.ledger.add(f"{name}_mean", values.float().mean())
        names, means = pl_module.ledger.means()
        if trainer.world_size > 1:
            dist.all_reduce(means)
            means /= trainer.world_size
        row = dict(zip(names, means.tolist(), strict=True))
        self._check(row, pl_module.updates)
        if trainer.is_global_zero:
            self._write(trainer, pl_module, row, observed)

    def _check(self, row: dict[str, float], updates: int) -> None:
        bad = [name for name, value in row.items() if not math.isfinite(value)]
        if bad and self.non_finite == "stop":
            raise UserError(
                f"training has diverged: {', '.join(bad)} at update {updates} is no finite number; lower the learning "
                "rates, add a penalty, or set guard.non_finite=skip"
            )

    def _write(
        self, trainer: Trainer, module: GANModule, row: dict[str, float], observed: dict[str, torch.Tensor]
    ) -> None:
        for logger in trainer.loggers:
            logger.log_metrics({"images": module.images, **row}, step=module.updates)
            if isinstance(logger, Dashboard):
                for name, values in observed.items():
                    logger.log_histogram(name, values.float().cpu(), module.updates)
