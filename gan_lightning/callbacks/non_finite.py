"""What is done when one step after another is left out because its numbers are no numbers."""

from __future__ import annotations

from typing import ClassVar

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_lightning.callbacks.verdict import RollBack
from gan_lightning.module import GANModule

#: A gradient scaler starts at 2**16 and halves, leaving a step out each time, until float16 gradients fit.
_SCALER_HALVINGS = 16


class NonFinite(Callback):
    """Ends training with a `RollBack` when a player's steps have been left out too often in a row.

    It comes first among the callbacks: ``guard/skipped``, the steps left out so far, is in the row of the same round.

    Args:
        patience: Steps of a player that may be left out in a row.
    """

    every: ClassVar[int | None] = None

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._looked = 0
        self.verdict: RollBack | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Have patience with a gradient scaler too, which must find its scale first."""
        assert isinstance(pl_module, GANModule)
        scaled = getattr(trainer.precision_plugin, "scaler", None) is not None
        if pl_module.guard is not None:
            pl_module.guard.patience = self.patience + (_SCALER_HALVINGS if scaled else 0)
            if scaled:
                pl_module.guard.deferring = ()  # the scaler itself tells a fused optimiser what it has found

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Count, and decide."""
        del args
        assert isinstance(pl_module, GANModule)
        guard = pl_module.guard
        if guard is None:
            return
        look = pl_module.ledger.watching or abs(pl_module.rounds - self._looked) >= guard.patience
        if look:
            self._looked = pl_module.rounds
        guard.end_round(pl_module.updates, look=look)
        if guard.exhausted:
            self.verdict = RollBack(_reason(pl_module), guard.good_updates)
            trainer.should_stop = True
        if pl_module.ledger.watching and guard.skipped:
            pl_module.ledger.add("guard/skipped", torch.tensor(float(guard.skipped), device=pl_module.device))


def _reason(module: GANModule) -> str:
    values = module.ledger.state()
    bad = [name for name, noted in values.items() if not noted[-1].isfinite()]
    return f"training has diverged: {', '.join(bad) or 'a gradient'} at update {module.updates} is no finite number"
