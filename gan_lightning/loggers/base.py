"""What a logger of this product can be handed, beside Lightning's scalars."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers.logger import Logger
from torch import Tensor


class Dashboard(Logger):
    """A logger that takes pictures, distributions and scores too. What a logger has no use for, it lets pass.

    A logger writes nothing before the first call of one of these methods, and in the process of rank 0 only.
    """

    @property
    def version(self) -> str | None:
        """Runs are told apart by their folders, not by versions."""
        return ""

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Ignore Lightning's hyperparameters: the recipe comes through `begin`."""

    def begin(self, recipe: dict[str, Any]) -> None:
        """Take the resolved recipe, as plain containers, before training."""

    @abstractmethod
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Take scalars at a number of generator updates; ``images`` among them counts real images seen.

        Without a step they belong to the latest one.
        """

    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Take a PNG that has just been written."""

    def log_histogram(self, name: str, values: Tensor, step: int) -> None:
        """Take a distribution: a tensor of any shape and real type, on any device."""

    def log_score(self, values: Mapping[str, float], protocol: Mapping[str, Any], step: int, images: int) -> None:
        """Take the values of a metric with the protocol that they were measured by."""

    def log_checkpoint(self, path: Path, aliases: Sequence[str]) -> None:
        """Take a checkpoint, if checkpoints were asked for."""

    def resume(self, step: int) -> None:
        """Drop what was logged beyond a number of generator updates, before training goes on from there."""


def score_row(values: Mapping[str, float], images: int) -> dict[str, float]:
    """Return scores as scalars, as every logger names them.

    >>> score_row({"fid": 12.5}, images=6400)
    {'images': 6400, 'score/fid': 12.5}
    """
    return {"images": images, **{f"score/{name}": value for name, value in values.items()}}


def finite_values(values: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the finite values, flat, in float32; histograms of others cannot be made and would end training."""
    flat = values.detach().flatten().float().cpu()
    found: np.ndarray[Any, np.dtype[np.float32]] = flat[flat.isfinite()].numpy()
    return found
