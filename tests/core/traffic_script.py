"""Trains the toys on two processes and writes down what they send in each round: ``traffic_script.py FOLDER``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from lightning.pytorch import Callback

sys.path.insert(0, str(Path(__file__).parent.parent))

from toys import TOY, toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import check

SENDING = ("all_reduce", "broadcast", "all_gather_object", "broadcast_object_list")


class Counting(Callback):
    """Notes the bytes of every message of a round."""

    def __init__(self, path: Path):
        self.path = path
        self.sent: list[tuple[str, int]] = []
        self.rounds: list[list[tuple[str, int]]] = []

    def setup(self, trainer, pl_module, stage):
        for name in SENDING:
            setattr(dist, name, self.counted(name, getattr(dist, name)))

    def counted(self, name, send):
        def counting(value, *args, **options):
            self.sent.append((name, value.nbytes if isinstance(value, torch.Tensor) else 0))
            return send(value, *args, **options)

        return counting

    def on_train_start(self, trainer, pl_module):
        self.sent.clear()

    def on_train_batch_end(self, trainer, pl_module, *args):
        self.rounds.append(list(self.sent))
        self.sent.clear()

    def on_train_end(self, trainer, pl_module):
        networks = pl_module.game.networks.items()
        sizes = {name: sum(weight.nbytes for weight in network.parameters()) for name, network in networks}
        if trainer.is_global_zero:
            self.path.write_text(json.dumps({"sizes": sizes, "rounds": self.rounds}))


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    counting = Counting(folder / "traffic.json")
    hooks = {"callbacks": lambda recipe: [[counting]]}
    catalog = Catalog(
        [*discover(), Plugin("toys", "toys", "1", components={"architecture": {"toy": TOY}}, hooks=hooks)]
    )
    sections = {
        "game": {"name": "two_player", "n_dis": 2},
        "train": {"steps": 8, "accumulate": 2},
        "trainer": {"accelerator": "cpu", "devices": 2},
        "sample": None,
        "log": {"every": 100},
        "checkpoint": {"every": 100},
    }
    os.environ["GAN_LIGHTNING_CACHE"] = str(folder / "cache")
    fit(check(toy_recipe(folder / "run", **sections), catalog), catalog)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
