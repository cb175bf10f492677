"""Pictures of samples whose latents, or what they are made from, stay the same through the run."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from gan_lightning.data.drawing import draw
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.data.strips import side_by_side
from gan_lightning.disk import harmless
from gan_lightning.loggers.base import Dashboard
from gan_lightning.metrics.collect import chosen_rows
from gan_lightning.module import GANModule
from gan_lightning.run import Run
from gan_lightning.sampling import draw_samples, sources_of


class Pictures(Callback):
    """Writes ``samples/step-000500.png`` and hands it to the loggers; one that cannot be written is done without.

    Where samples are made from images, each is shown between that image and, in pairs, the real sample.

    Args:
        run: The run folder.
        data: Real samples, which points are drawn over, and what samples are made from if they are.
        every: Generator updates between two pictures; one is drawn before training too.
        count: Samples in a picture, or images in all.
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
        samples, columns = self._samples(module)
        if not trainer.is_global_zero:
            return  # all make the samples, since a sharded generator needs all of them
        real = self.data.values[: 50 * self.count] if self.data.kind == "points" else None
        path = self.run.samples / f"step-{module.updates:06d}.png"
        with harmless(self.run.samples, self._told):
            draw(self.data.spec, samples, path, real, columns)
            for logger in trainer.loggers:
                if isinstance(logger, Dashboard):
                    logger.log_picture("samples", path, module.updates)

    def _samples(self, module: GANModule) -> tuple[Tensor, int | None]:
        """Make the samples; with those of a translation come what they were made from, and how many stand in a row."""
        sources = sources_of(module.game, self.data)
        if sources is None:
            return self._made(module, self.count, None), None
        partner = self.data.partners["source"]
        columns = 3 if partner.paired else 2
        rows = chosen_rows(max(1, self.count // columns), len(partner.values))
        given = partner.take(rows)
        beside = [to_network(given), self._made(module, len(rows), given)]
        if partner.paired:
            beside.append(to_network(self.data.take(rows)))
        return side_by_side(*beside), columns * max(1, round(math.sqrt(self.count) / columns))

    def _made(self, module: GANModule, count: int, sources: Tensor | None) -> Tensor:
        labels = self._labels(module, count)
        return torch.cat(list(draw_samples(module.game, module.networks(), count, self.seed, labels, sources=sources)))

    def _labels(self, module: GANModule, count: int) -> Tensor | None:
        """Return the classes in turn, so that each has its place in the picture."""
        return torch.arange(count) % module.game.data.classes if module.game.conditional else None
