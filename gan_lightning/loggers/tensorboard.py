"""Logs for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import TensorBoardLogger
from PIL import Image
from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning.loggers.base import Dashboard, finite_values, named_scores


class TensorBoardDashboard(TensorBoardLogger, Dashboard):
    """Scalars, pictures, histograms, scores, and recipe and protocols as texts, in ``tensorboard/`` of the run folder.

    The horizontal axis is generator updates. The protocol of ``score/fid`` at a step is the text ``protocol/fid`` at
    that step, a JSON object.

    Args:
        folder: The run folder.

    Raises:
        UserError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if find_spec("tensorboard") is None:
            raise UserError("logger: tensorboard is not installed; pip install tensorboard")
        super().__init__(save_dir=folder, name="tensorboard", version="", default_hp_metric=False)

    @rank_zero_only
    def begin(self, recipe: dict[str, Any]) -> None:
        """Write the recipe as a text."""
        self._text("recipe", recipe, 0)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write scalars."""
        for name, value in metrics.items():
            self.experiment.add_scalar(name, float(value), step)

    @rank_zero_only
    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Write a picture."""
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self.experiment.add_image(name, pixels, step, dataformats="HWC")

    @rank_zero_only
    def log_histogram(self, name: str, values: Tensor, step: int) -> None:
        """Write a histogram of the finite values, if there are any."""
        finite = finite_values(values)
        if finite.size:
            self.experiment.add_histogram(name, finite, step)

    @rank_zero_only
    def log_score(self, values: Mapping[str, float], protocol: Mapping[str, Any], step: int, images: int) -> None:
        """Write the values as scalars and the protocol of each as a text."""
        del images
        self.log_metrics(named_scores(values), step)
        for name in values:
            self._text(f"protocol/{name}", protocol, step)

    @rank_zero_only
    def resume(self, step: int) -> None:
        """Have TensorBoard pass over what is in the logs beyond `step`; call it before anything is logged."""
        self._kwargs["purge_step"] = step + 1

    @rank_zero_only
    def save(self) -> None:
        """Hand what was logged to the operating system; Lightning's own writes a file of hyperparameters too."""
        if self._experiment is not None:
            self._experiment.flush()

    def _text(self, name: str, facts: Mapping[str, Any], step: int) -> None:
        # Four spaces in front of each line make it a block of code for TensorBoard, which renders texts as Markdown
        lines = json.dumps(facts, indent=2, default=str).splitlines()
        self.experiment.add_text(name, "\n".join(f"    {line}" for line in lines), step)
