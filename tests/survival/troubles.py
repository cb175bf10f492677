"""Runs that something happens to, and what they say and leave."""

from __future__ import annotations

import csv
import logging
import math

import torch
from lightning.pytorch import Callback
from toys import TOY, toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import check


class Trouble(Callback):
    """Does something to each turn of some updates, as long as the learning rates are above a share of theirs."""

    def __init__(self, updates, above: float = 0.0):
        self.updates, self.above = updates, above

    def on_train_start(self, trainer, pl_module):
        play = pl_module.game.play

        def troubled(phase, batch, random, progress):
            if progress.updates in self.updates and pl_module.guard.learning_rate_factor > self.above:
                self.act(pl_module, batch)
            return play(phase, batch, random, progress)

        pl_module.game.play = troubled


class Poison(Trouble):
    """Puts NaN into the real samples."""

    def act(self, module, batch):
        batch.values[0] = math.nan


def train(folder, *callbacks, resume=None, **changes):
    hooks = {"callbacks": lambda recipe: [list(callbacks)]}
    plugin = Plugin("trouble", "trouble", "1.0", components={"architecture": {"toy": TOY}}, hooks=hooks)
    catalog = Catalog([*discover(), plugin])
    recipe = toy_recipe(
        folder, **{"sample": None, "checkpoint": {"every": 4, "keep": 5}, "log": {"every": 1}, **changes}
    )
    return fit(check(recipe, catalog), catalog, resume=resume).run


def said(caplog) -> list[str]:
    return [
        one.getMessage() for one in caplog.records if one.name == "gan_lightning" and one.levelno >= logging.WARNING
    ]


def rows(run) -> list[dict[str, str]]:
    return list(csv.DictReader(run.metrics.open()))


class Collapse(Trouble):
    """The generator makes one point."""

    def act(self, module, batch):
        with torch.no_grad():
            for weight in module.game.networks["generator"].parameters():
                weight.zero_()


RING = {
    "data": {"name": "mixture", "layout": "ring", "modes": 8, "batch_size": 64},
    "architecture": {"generator": {"name": "toy", "width": 64}, "discriminator": {"name": "toy", "width": 64}},
    "optimizers": {name: {"name": "adam", "lr": 5e-3, "betas": [0.5, 0.9]} for name in ("generator", "discriminator")},
    "ema": None,
    "train": {"steps": 240},
    "checkpoint": {"every": 40},
    "log": {"every": 40},
    "evaluate": {"every": 20, "samples": 500, "metrics": ["modes"], "best": "mode_kl"},
}
EARLY = {"collapse_factor": 1.25}  # so short a run finds one mode or two
