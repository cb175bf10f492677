"""Trains the toy recipe with two processes that come into trouble: ``troubled_script.py FOLDER TROUBLE CHANGES``."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import torch
from lightning.pytorch import Callback

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from troubles import Collapse, Poison, train


class HalfPoison(Poison):
    """Puts NaN into the samples of one process only."""

    def act(self, module, batch):
        if module.global_rank == 1:
            super().act(module, batch)


class Told(Callback):
    """Writes at the end what each process has come to."""

    def __init__(self, folder: Path):
        self.folder = folder

    def on_train_end(self, trainer, pl_module):
        sums = {name: value.double().sum().item() for name, value in pl_module.state_dict().items()}
        rates = [group["lr"] for optimizer in trainer.optimizers for group in optimizer.param_groups]
        facts = {"sums": sums, "rates": rates, "guard": pl_module.guard.state(), "updates": pl_module.updates}
        (self.folder / f"rank{trainer.global_rank}.json").write_text(json.dumps(facts))


def main() -> None:
    torch.set_num_threads(1)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    folder, trouble, changes = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    kinds = {"poison": HalfPoison(range(6, 99), above=0.5), "collapse": Collapse(range(150, 999), above=0.5)}
    trainer = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
    train(folder / "run", kinds[trouble], Told(folder), trainer=trainer, **changes)


if __name__ == "__main__":
    main()
