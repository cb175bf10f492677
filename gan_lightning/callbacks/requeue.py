"""SLURM jobs that go back to the queue before their time is up."""

from __future__ import annotations

import logging
import os
import signal
import subprocess

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch import Trainer

_log = logging.getLogger("gan_lightning")


def asks_to_requeue(trainer: Trainer, number: int) -> bool:
    """Tell whether a signal means, where this runs, that the job is to go back to the queue.

    On a SLURM cluster SIGUSR1 does, or what Lightning's ``SLURMEnvironment`` was told, unless requeueing is off there.
    """
    environment = getattr(trainer.strategy, "cluster_environment", None)
    environment = environment or trainer._accelerator_connector.cluster_environment
    if not isinstance(environment, SLURMEnvironment) or not environment.auto_requeue:
        return False
    return number == (environment.requeue_signal or signal.SIGUSR1)


def requeue() -> None:
    """Put this process's SLURM job back to the queue; that it cannot be is told in one line."""
    job = os.environ["SLURM_JOB_ID"]
    if "SLURM_ARRAY_JOB_ID" in os.environ:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        _log.warning("SLURM job %s was not requeued: there is no scontrol", job)
        return
    if done.returncode:
        _log.warning("SLURM job %s was not requeued: %s", job, done.stderr.strip())
    else:
        _log.info("SLURM job %s was requeued", job)
