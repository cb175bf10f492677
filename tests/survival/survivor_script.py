"""Trains the toy recipe with rounds that take time: ``survivor_script.py FOLDER PROCESSES CHANGES PAUSE``."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

import torch
from lightning.pytorch import Callback

sys.path.insert(0, str(Path(__file__).parent.parent))

from toys import TOY, toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import check


class Slow(Callback):
    """Takes time, and tells in a file how far training is and which processes are at it."""

    def __init__(self, folder: Path, pause: float):
        self.folder, self.pause = folder, pause

    def on_train_start(self, trainer, pl_module):
        (self.folder / f"pid{trainer.global_rank}").write_text(str(os.getpid()))

    def on_train_batch_end(self, trainer, pl_module, *args):
        told = self.folder / f"rank{trainer.global_rank}.{os.getpid()}"
        told.write_text(str(pl_module.updates))
        told.replace(self.folder / f"rank{trainer.global_rank}")
        time.sleep(self.pause)


def main() -> None:
    torch.set_num_threads(1)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    folder, processes, changes, pause = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), float(sys.argv[4])
    trainer = {"accelerator": "cpu", "devices": processes, "strategy": "ddp" if processes > 1 else "auto"}
    slow = Plugin(
        "slow",
        "slow",
        "1.0",
        components={"architecture": {"toy": TOY}},
        hooks={"callbacks": lambda recipe: [[Slow(folder.parent, pause)]]},
    )
    catalog = Catalog([*discover(), slow])
    recipe = check(toy_recipe(folder, **{"trainer": trainer, **changes}), catalog)
    fit(recipe, catalog)


if __name__ == "__main__":
    main()
