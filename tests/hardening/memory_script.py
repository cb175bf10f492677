"""Trains a recipe and notes the memory that the process holds: ``memory_script.py RECIPE TABLE EVERY OVERRIDE ...``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from lightning.pytorch import Callback

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import load_recipe


class Scale(Callback):
    """Writes updates and resident bytes, a line every so many updates."""

    def __init__(self, table: Path, every: int):
        self.table, self.every = table, every

    def on_train_batch_end(self, trainer, pl_module, *args):
        if pl_module.passed(self.every):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            with self.table.open("a") as file:
                file.write(f"{pl_module.updates} {pages * os.sysconf('SC_PAGE_SIZE')}\n")


def main() -> None:
    torch.set_num_threads(1)
    recipe, table, every, *overrides = sys.argv[1:]
    scale = Scale(Path(table), int(every))
    plugin = Plugin("scale", "scale", "1.0", hooks={"callbacks": lambda recipe: [[scale]]})
    catalog = Catalog([*discover(), plugin])
    fit(load_recipe(Path(recipe), overrides, catalog), catalog)


if __name__ == "__main__":
    main()
