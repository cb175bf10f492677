"""Steps whose numbers are no numbers: they are left out and counted, until something must be done about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor


class StepGuard:
    """Tells which steps may be made.

    Under data parallelism all processes decide alike, without a word between them: gradients are averaged before they
    are looked at, and a loss that is no finite number is made to show in them.

    Args:
        patience: Steps of a player that may be left out in a row.
        skips: Whether steps are looked at and left out; without, all are made.
    """

    def __init__(self, patience: int, *, skips: bool = True) -> None:
        self.patience = patience
        self.skips = skips
        self.skipped = 0
        self.learning_rate_factor = 1.0
        self.rollbacks = 0
        self.good_updates = 0
        self._streaks: dict[str, int] = defaultdict(int)

    def expose(self, loss: Tensor, weights: Iterable[Tensor]) -> None:
        """Make a loss that is no finite number show in the gradient, and leave the gradient alone otherwise."""
        if not self.skips:
            return
        gradient = next((weight.grad for weight in weights if weight.grad is not None), None)
        if gradient is not None:
            gradient.add_(loss.detach(), alpha=0.0)  # NaN where the loss is infinite or NaN

    def passes(self, player: str, gradients: list[Tensor]) -> bool:
        """Count a step and tell whether it may be made; the one place where the device is waited for."""
        if not self.skips or not gradients or _all_finite(gradients):
            self._streaks[player] = 0
            return True
        self._streaks[player] += 1
        self.skipped += 1
        return False

    @property
    def failing(self) -> bool:
        """Whether some player's last step was left out."""
        return any(self._streaks.values())

    @property
    def exhausted(self) -> bool:
        """Whether more steps than may be were left out in a row."""
        return max(self._streaks.values(), default=0) >= self.patience

    def end_round(self, updates: int) -> None:
        """Note how far training had come when all was well."""
        if not self.failing:
            self.good_updates = updates

    def state(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {
            "skipped": self.skipped,
            "learning_rate_factor": self.learning_rate_factor,
            "rollbacks": self.rollbacks,
            "good_updates": self.good_updates,
            "streaks": dict(self._streaks),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.skipped = state["skipped"]
        self.learning_rate_factor = state["learning_rate_factor"]
        self.rollbacks = state["rollbacks"]
        self.good_updates = state["good_updates"]
        self._streaks = defaultdict(int, state["streaks"])


def _all_finite(gradients: list[Tensor]) -> bool:
    """Look at all values in one kernel, the one of torch's gradient scaler: half the time of their fused norm."""
    device = gradients[0].device
    found = torch.zeros(1, device=device)
    torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, torch.ones(1, device=device))
    return not found.item()
