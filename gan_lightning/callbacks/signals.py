"""Signals: the round ends, a checkpoint is written, and all processes leave."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import ClassVar

import torch
import torch.distributed as dist
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.callbacks.requeue import asks_to_requeue, requeue
from gan_lightning.module import GANModule

#: Seconds between two agreements of all processes, about.
_PAUSE = 1.0
_MOST_ROUNDS = 64
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGUSR1") if hasattr(signal, name)]


class Interrupted(SystemExit):
    """Training was asked to end by a signal, and has ended with a checkpoint.

    As with a program that a signal ends, the exit code is 128 plus the signal's number: 143 for SIGTERM, 138 for
    SIGUSR1, 130 for Ctrl-C; schedulers take a code of 0 for a run that is complete. Processes that Lightning has
    started itself leave with 0, because it kills all others as soon as one of them leaves with another.
    """

    def __init__(self, number: int, trainer: Trainer) -> None:
        environment = getattr(trainer.strategy, "cluster_environment", None)
        child = isinstance(environment, LightningEnvironment) and not trainer.is_global_zero
        super().__init__(0 if child else 128 + number)
        self.signal = signal.Signals(number)


class Signals(Callback):
    """Ends training at the end of the round in which some process got SIGTERM, SIGUSR1 or SIGINT.

    Nothing is done in the handler but to note the signal. A second Ctrl-C ends the process at once. Processes agree
    by one all-reduce of two numbers about every second: Lightning's own handler for SIGTERM speaks to the other
    processes from within, hangs where only one gets the signal, and broadcasts a number at every step, which the device
    is waited for. On a SLURM cluster the signal for requeueing puts the job back to the queue, once the checkpoint is
    written; Lightning would save within the handler, in the middle of a round. Comes first among the callbacks, so that
    scoring the untrained generator can be interrupted too.

    Attributes:
        received: The signal that all processes know of, or 0.
    """

    every: ClassVar[int | None] = None

    def __init__(self) -> None:
        self.received = 0
        self._own = 0
        self._interval = 1
        self._rounds = 0
        self._agreed = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Let Lightning note SIGTERM here, and leave out its own agreement."""
        del pl_module, stage
        trainer._signal_connector._sigterm_notifier_fn = self._note  # type: ignore[assignment, method-assign]
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = _nothing  # type: ignore[method-assign]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over; Lightning gives them back when it is done."""
        del trainer, pl_module
        self._agreed = time.monotonic()
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread may
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Leave, if some process was told to."""
        del args
        assert isinstance(pl_module, GANModule)
        if trainer.world_size > 1:
            self._agree(pl_module.device)
        else:
            self.received = self._own
        if self.received:
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Requeue a SLURM job that has not ended."""
        assert isinstance(pl_module, GANModule)
        if trainer.is_global_zero and asks_to_requeue(trainer, self.received) and not pl_module.finished:
            requeue()

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._own = self._own or number
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _agree(self, device: torch.device) -> None:
        """Every so many rounds, have all processes know of a signal that one got."""
        self._rounds += 1
        if self._rounds < self._interval:
            return
        told = torch.tensor([float(self._own), time.monotonic() - self._agreed], device=device)
        dist.all_reduce(told, op=dist.ReduceOp.MAX)
        number, seconds = told.tolist()
        # Clocks differ, so the next agreement is set in rounds, from what all have just been told
        self._interval = min(max(1, int(self._rounds * _PAUSE / max(seconds, 1e-6))), _MOST_ROUNDS)
        self.received, self._rounds, self._agreed = int(number), 0, time.monotonic()


def _nothing() -> None:
    """Stand in for the agreement that is left out."""
