"""The works through the product, with logging, progress and averaging as a run has them."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer

from benchmarks.stopwatch import Stopwatch
from benchmarks.works import Work
from gan_lightning.catalog import Catalog
from gan_lightning.fit import Session
from gan_lightning.loggers import build_loggers
from gan_lightning.module import GANModule
from gan_lightning.recipe import check
from gan_lightning.run import Run


def seconds(work: Work) -> float:
    """Train as ``fit`` does and return the seconds that one update takes."""
    for name in ("lightning.pytorch", "lightning.fabric", "gan_lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    catalog = Catalog.installed()
    recipe = check({**work.recipe, "train": {"steps": 2 * work.updates}}, catalog)
    session = Session.prepare(recipe, catalog)
    watch = _Watch(Stopwatch(work.updates))
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        loggers = build_loggers(recipe.logger, run.folder, "benchmark")
        session.trainer(run, [*session.extra, watch], logger=loggers).fit(session.module, datamodule=session.data())
    return watch.stopwatch.seconds


class _Watch(Callback):
    every = None  # whenever training pauses: to ask for every update would slow it down

    def __init__(self, stopwatch: Stopwatch) -> None:
        self.stopwatch = stopwatch

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        del trainer, args
        assert isinstance(pl_module, GANModule)
        self.stopwatch.reached(pl_module.updates)
