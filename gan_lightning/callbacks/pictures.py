"""Pictures of samples whose latents stay the same through the run."""

from __future__ import annotations

from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from gan_lightning.data.drawing import draw
from gan_lightning.data.samples import Samples
from gan_lightning.disk import harmless
from gan_lightning.loggers.base import Dashboard
from gan_lightning.module import GANModule
from gan_lightning.run import Run
from gan_lightning.sampling import draw_samples


class Pictures(Callback):
    """Writes ``samples/step-000500.png`` and hands it to the loggers; one that cannot be written is done without.

    Args:
        run: The run folder.
        data: Real samples, which points are drawn over.
        every: Generator updates between two pictures; one is drawn before training too.
        count: Samples in a picture.
        seed: Names the samples.
    """

    def __init__(self, run: Run, data: Samples, every: int, count: int, seed: int) -> None:
        self.run = run
        self.data = data
        self.every = every
        self.count = count
        self.seed = seed
        self._told: set[Path] = set()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what the untrained generator makes."""
        assert isinstance(pl_module, GANModule)
        if pl_module.updates == 0:
            self._draw(trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Draw where a picture is due."""
        del args
        assert isinstance(pl_module, GANModule)
        if pl_module.passed(self.every) or pl_module.finished:
            self._draw(trainer, pl_module)

    def _draw(self, trainer: Trainer, module: GANModule) -> None:
        labels = self._labels(module)
        samples = torch.cat(list(draw_samples(module.game, module.networks(), self.count, self.seed, labels)))
        if not trainer.is_global_zero:
            return  # all make the samples, since a sharded generator needs all of them
        real = self.data.values[: 50 * self.count] if self.data.kind == "points" else None
        path = self.run.samples / f"step-{module.updates:06d}.png"
        with harmless(self.run.samples, self._told):
            draw(self.data.spec, samples, path, real)
            for logger in trainer.loggers:
                if isinstance(logger, Dashboard):
                    logger.log_picture("samples", path, module.updates)

    def _labels(self, module: GANModule) -> Tensor | None:
        """Return the classes in turn, so that each has its place in the picture."""
        return torch.arange(self.count) % module.game.data.classes if module.game.conditional else None
