"""Trains the toy recipe with as many processes as asked: ``train_script.py FOLDER PROCESSES [key=value ...]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

from toys import toy_catalog, toy_recipe

from gan_lightning.fit import fit
from gan_lightning.recipe import check


def main() -> None:
    torch.set_num_threads(1)
    folder, processes, changes = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    trainer = {"accelerator": "cpu", "devices": processes, "strategy": "ddp" if processes > 1 else "auto"}
    catalog = toy_catalog()
    recipe = check(toy_recipe(folder, **{"trainer": trainer, **changes}), catalog)
    resume = sys.argv[4] if len(sys.argv) > 4 else None
    fit(recipe, catalog, resume=resume)


if __name__ == "__main__":
    main()
