"""The same works through the product, with logging, progress and averaging as a run has them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer

from benchmarks.works import Work
from gan_lightning.catalog import Catalog
from gan_lightning.fit import Session
from gan_lightning.loggers import build_loggers
from gan_lightning.module import GANModule
from gan_lightning.recipe import check
from gan_lightning.run import Run


class _Stopwatch(Callback):
    """Notes the time after the warm-up and at the end."""

    def __init__(self, warm: int, updates: int) -> None:
        self.marks = {warm: 0.0, warm + updates: 0.0}

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        del trainer, args
        assert isinstance(pl_module, GANModule)
        if pl_module.updates in self.marks:
            self.marks[pl_module.updates] = time.perf_counter()


def seconds(work: Work, *, tuned: bool, bf16: bool) -> float:
    """Train as ``fit`` does and return the seconds that one update takes, after as many that are not timed."""
    catalog = Catalog.installed()
    trainer = {"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed" if bf16 else "32-true"}
    sections = {"train": {"steps": 2 * work.updates}, "trainer": trainer, "performance": "auto" if tuned else "off"}
    recipe = check({**work.recipe, **sections}, catalog)
    session = Session.prepare(recipe, catalog)
    watch = _Stopwatch(work.updates, work.updates)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        loggers = build_loggers(recipe.logger, run.folder, "benchmark")
        session.trainer(run, [*session.extra, watch], logger=loggers).fit(session.module, datamodule=session.data())
    first, last = watch.marks.values()
    return (last - first) / work.updates
