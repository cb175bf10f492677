"""Looking at a run every so often for a sign that it has collapsed, and doing what the recipe says about it."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.callbacks.verdict import RollBack
from gan_lightning.errors import UserError
from gan_lightning.module import GANModule
from gan_lightning.recipe.schema import GuardSection

_log = logging.getLogger("gan_lightning")


@dataclass(frozen=True)
class Look:
    """What one look says.

    Args:
        collapsed: Whether it is a sign of a collapse.
        words: What was seen, to follow "the run has collapsed: ".
        notes: What is to be logged, by name.
    """

    collapsed: bool
    words: str = ""
    notes: Mapping[str, float] | None = None


class Watch(Callback):
    """Acts where enough looks in a row say that a run has collapsed.

    What the first process sees counts for all.

    Args:
        section: What is done about a collapse: ``warn`` once a collapse, ``stop`` with an error, or ``rollback`` to the
            best checkpoint, or, where none has been the best, to the newest one of when all was well.
        patience: Looks in a row that make a collapse.

    Attributes:
        every: Generator updates between two looks, or None where another callback sets them.
    """

    every: int | None = None
    kept: ClassVar[str] = ""

    def __init__(self, section: GuardSection, patience: int) -> None:
        self.act = _ACTIONS[section.on_collapse]
        self.patience = patience
        self.streak = 0
        self.well = 0
        self.verdict: RollBack | None = None

    def due(self, module: GANModule) -> bool:
        """Tell whether to look now."""
        return self.every is not None and module.passed(self.every)

    @abstractmethod
    def look(self, module: GANModule) -> Look:
        """Look; all processes call this together."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Look where it is time to, note what was seen, and act."""
        del args
        assert isinstance(pl_module, GANModule)
        if not self.due(pl_module):
            return
        look = trainer.strategy.broadcast(self.look(pl_module))
        for name, value in (look.notes or {}).items():
            pl_module.ledger.add(name, torch.tensor(value, device=pl_module.device))
        if look.collapsed:
            self.streak += 1
        else:
            self.streak, self.well = 0, pl_module.updates
        if self.streak == self.patience:
            self.act(self, trainer, f"the run has collapsed: {look.words}")

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"streak": self.streak, "well": self.well}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        for name, value in state_dict.items():
            setattr(self, name, value)

    def _warn(self, trainer: Trainer, reason: str) -> None:
        if trainer.is_global_zero:
            _log.warning("%s; %sguard.on_collapse=stop or rollback would end this", reason, self.kept)

    def _stop(self, trainer: Trainer, reason: str) -> None:
        del trainer
        raise UserError(f"{reason}; {self.kept}lower the learning rates, or set guard.on_collapse=warn")

    def _roll_back(self, trainer: Trainer, reason: str) -> None:
        self.verdict = RollBack(reason, self.well, to_best=True)
        trainer.should_stop = True


_ACTIONS: Mapping[str, Callable[[Watch, Trainer, str], None]] = {
    "warn": Watch._warn,
    "stop": Watch._stop,
    "rollback": Watch._roll_back,
}
