"""Trains networks that two processes share, for ``test_sharded.py``: ``torchrun --nproc-per-node 2 ... FOLDER``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
import torch.distributed as dist
from lightning.pytorch.strategies import StrategyRegistry
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))

from toys import ToyDiscriminator, ToyGenerator, toy_catalog, toy_recipe

from gan_lightning.components import Architecture, Penalty
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.layers.spectral_norm import SNLinear
from gan_lightning.metrics.score import Score
from gan_lightning.recipe import check
from gan_lightning.sharded import ShardedStrategy

TWO = {"accelerator": "cpu", "devices": 2, "strategy": "fsdp2"}


class SpectralDiscriminator(ToyDiscriminator):
    """With spectral norms, and a layer large enough to be a unit of its own."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.body.append(nn.Sequential(SNLinear(width, width), nn.Softplus()))
        self.head = SNLinear(width, 1)


class NormalisedGenerator(ToyGenerator):
    """With statistics of batches, which each process has of its own."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.net.insert(1, nn.BatchNorm1d(width))


class BrokenGenerator(ToyGenerator):
    """Makes no numbers in one process, when it is sampled."""

    def forward(self, latents, labels=None):
        made = super().forward(latents, labels)
        return made if self.training or os.environ.get("RANK") != "1" else made * float("nan")


class Order(Score):
    """A number that tells which samples there were, and in which order."""

    sees: ClassVar = "samples"
    better: ClassVar = {"order": "lower"}

    def __init__(self):
        super().__init__()
        self.add_state("seen", torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("total", torch.zeros((), dtype=torch.double), dist_reduce_fx="sum")

    def update(self, view, real):
        if not real:
            places = self.seen + 1 + torch.arange(len(view))
            self.total = self.total + (places[:, None] * view).double().sum()
            self.seen = self.seen + len(view)

    def compute(self):
        return {"order": self.total}


@dataclass(frozen=True)
class Poison(Penalty):
    """No number in one round of one process, with no gradient that would tell."""

    players: ClassVar = ("discriminator",)

    def __call__(self, play):
        poisoned = play.progress.rounds == 2 and play.random.rank == play.random.world - 1
        return play.real_critique.logits.new_tensor(float("nan") if poisoned else 0.0)


@dataclass(frozen=True)
class Curvature(Penalty):
    """Differentiates twice, and does not say so."""

    def __call__(self, play):
        samples = play.real.requires_grad_()
        critique = play.judge(samples, None, "real")
        (gradient,) = torch.autograd.grad(critique.logits.sum(), samples, create_graph=True)
        return gradient.square().sum()


@dataclass(frozen=True)
class Announced(Curvature):
    """Says so."""

    differentiates_twice: ClassVar = True


def catalog():
    """Return the toys and what is above."""
    generators = {"spectral": ToyGenerator, "normalised": NormalisedGenerator, "broken": BrokenGenerator}
    architectures = {
        name: Architecture({"generator": generator, "discriminator": SpectralDiscriminator})
        for name, generator in generators.items()
    }
    penalties = {"poison": Poison, "curvature": Curvature, "announced": Announced}
    return toy_catalog(architecture=architectures, penalty=penalties, metric={"order": Order})


def recipe(folder: Path, **changes):
    """Return a checked recipe."""
    sections = {
        "architecture": "spectral",
        "game": {"name": "two_player", "n_dis": 2},
        "train": {"steps": 6, "accumulate": 2, "clip": 0.05},
        "sample": {"every": 3, "count": 70},
        "evaluate": {"every": 3, "samples": 150, "metrics": ["order", "modes"]},
        **changes,
    }
    return check(toy_recipe(folder, **sections), catalog())


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    StrategyRegistry.register("fsdp2", ShardedStrategy, "with small units", override=True, least=64)
    fit(recipe(folder / "two", trainer=TWO), catalog())
    fit(recipe(folder / "resumed", trainer=TWO, train={"steps": 3, "accumulate": 2, "clip": 0.05}), catalog())
    fit(recipe(folder / "resumed", trainer=TWO), catalog(), resume="last")
    fit(recipe(folder / "poisoned", trainer=TWO, penalties=["poison"]), catalog())
    fit(recipe(folder / "normalised", trainer={**TWO, "strategy": "ddp"}, architecture="normalised"), catalog())
    for name, changes in {"broken": {"architecture": "broken"}, "refused": {"penalties": ["curvature"]}}.items():
        try:
            fit(recipe(folder / name, trainer=TWO, **changes), catalog())
        except UserError as error:
            (folder / f"{name}.{dist.get_rank()}").write_text(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
