"""What a logger of this product can be handed, beside Lightning's scalars."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers.logger import Logger
from numpy.typing import NDArray
from torch import Tensor


class Dashboard(Logger):
    """A logger that takes pictures, distributions and scores too. What a logger has no use for, it lets pass.

    A logger writes nothing before the first call of one of these methods, and in the process of rank 0 only.
    """

    @property
    def version(self) -> Any:
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


def named_scores(values: Mapping[str, float]) -> dict[str, float]:
    """Return scores under the names that they have among scalars, in every logger.

    >>> named_scores({"fid": 12.5})
    {'score/fid': 12.5}
    """
    return {f"score/{name}": value for name, value in values.items()}


def finite_values(values: Tensor) -> NDArray[np.float32]:
    """Return the finite values, flat, in float32; histograms of others cannot be made and would end training."""
    flat = values.detach().flatten().float().cpu()
    found: NDArray[np.float32] = flat[flat.isfinite()].numpy()
    return found
