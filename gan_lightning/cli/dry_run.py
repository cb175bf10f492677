"""``gan-lightning fit --dry-run``: what a run would be, measured on a few rounds, with nothing written."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from lightning.pytorch import Callback
from omegaconf import OmegaConf

from gan_lightning.catalog import Catalog
from gan_lightning.cli.console import out
from gan_lightning.fit import Session
from gan_lightning.recipe.schema import Recipe
from gan_lightning.run import Run

_ROUNDS = 4


class _Clock(Callback):
    """Notes when each round ends."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, *args: object) -> None:
        del args
        self.times.append(time.perf_counter())


def report(recipe: Recipe, catalog: Catalog) -> None:
    """Print the resolved recipe, the networks' sizes, and time and memory of a few rounds."""
    session = Session.prepare(recipe, catalog)
    game = session.module.game
    out.print(OmegaConf.to_yaml(OmegaConf.create(recipe.as_dict())).rstrip())
    out.print(f"data: {session.samples.name}, {len(session.samples)} samples, {session.samples.spec}")
    for name, network in game.networks.items():
        out.print(f"{name}: {sum(weight.numel() for weight in network.parameters()):,} parameters")
    clock = _Clock()
    steps = min(_ROUNDS * game.updates_per_round(), recipe.train.steps)
    with tempfile.TemporaryDirectory() as folder:
        trainer = session.trainer(Run(Path(folder)), [clock], max_steps=steps)
        trainer.fit(session.module, datamodule=session.data())
    rounds = [after - before for before, after in zip(clock.times, clock.times[1:], strict=False)]
    seconds = min(rounds) / game.updates_per_round() if rounds else 0.0
    minutes = seconds * recipe.train.steps / 60
    out.print(f"performance: {session.choices}")
    out.print(
        f"an update takes about {seconds:.3g} s: {recipe.train.steps} take {minutes:.3g} minutes, without scoring"
    )
    out.print(f"memory: {_peak_bytes() / 2**30:.2f} GiB at most so far")


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
