"""Steps whose numbers are no numbers: they are left out and counted, until something must be done about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from gan_lightning.dtensors import is_sharded, own_part


class StepGuard:
    """Tells which steps may be made.

    Under data parallelism all processes decide alike, without a word between them: gradients are averaged before they
    are looked at, and a loss that is no finite number is made to show in them. Where each has a part of the gradients
    only, what was found is put together.

    Usually the device is waited for in every step. A fused Adam can be told on the device to leave a step out, weights,
    moments and count of steps untouched; then the count is kept there too and read by `settle`. Other optimisers cannot
    do so exactly: a fused SGD, for one, makes its momentum of nothing in a first step that is left out.

    Args:
        patience: Steps of a player that may be left out in a row.
        skips: Whether steps are looked at and left out; without, all are made.
        deferring: Types of devices that are not to be waited for, where the optimiser allows it. On a CPU there is
            nothing to wait for.
    """

    def __init__(self, patience: int, *, skips: bool = True, deferring: Collection[str] = ("cuda",)) -> None:
        self.patience = patience
        self.skips = skips
        self.deferring = deferring
        self.skipped = 0
        self.learning_rate_factor = 1.0
        self.rollbacks = 0
        self.good_updates = 0
        self._losses: list[Tensor] = []  # of the step that is about to be made
        self._updates = 0
        self._streaks: dict[str, int] = defaultdict(int)
        self._deferred: dict[str, Tensor] = {}  # of each player, on the device: steps left out, in a row and in all

    def heed(self, loss: Tensor, weights: Iterable[Tensor], *, shared: bool) -> None:
        """Look at a loss too, whose gradient may be finite where it is not.

        Where gradients are shared with other processes, a loss that is no finite number is made to show in the
        gradient, which is left alone otherwise.

        Args:
            loss: A scalar that has been differentiated.
            weights: The player's weights.
            shared: Whether their gradients will be averaged over processes.
        """
        if not self.skips:
            return
        if not shared:
            self._losses.append(loss.detach().float())
            return
        gradients = (own_part(weight.grad) for weight in weights if weight.grad is not None)
        gradient = next((gradient for gradient in gradients if gradient.numel()), None)
        if gradient is not None:
            gradient.add_(loss.detach(), alpha=0.0)  # NaN where the loss is infinite or NaN

    def passes(self, player: str, gradients: list[Tensor], optimizer: Optimizer) -> bool:
        """Count a step and tell whether it may be made, or have the optimiser leave it out by itself."""
        losses, self._losses = self._losses, []
        if not self.skips or not gradients:
            self._streaks[player] = 0
            return True
        found = _non_finite([*gradients, *losses])
        if gradients[0].device.type in self.deferring and _can_leave_out(optimizer, gradients[0]):
            optimizer.found_inf = found  # type: ignore[attr-defined]
            self._defer(player, found)
            return True
        skipped = bool(found)
        self.note(player, skipped=skipped)
        return not skipped

    def note(self, player: str, *, skipped: bool) -> None:
        """Count a step that was made or left out."""
        self._streaks[player] = self._streaks[player] + 1 if skipped else 0
        self.skipped += skipped

    @property
    def failing(self) -> bool:
        """Whether some player's last step was left out, as far as is known."""
        return any(self._streaks.values())

    @property
    def exhausted(self) -> bool:
        """Whether more steps than may be were left out in a row, as far as is known."""
        return max(self._streaks.values(), default=0) >= self.patience

    def end_round(self, updates: int, *, look: bool = True) -> None:
        """Note how far training had come when all was well; what is counted on the device is known after a look."""
        self._updates = updates
        if look or not self._deferred:
            self.settle()

    def settle(self) -> None:
        """Read what is counted on the device, waiting for it once, if anything is."""
        if self._deferred:
            counts = torch.stack(list(self._deferred.values())).tolist()
            for player, (streak, skipped) in zip(self._deferred, counts, strict=True):
                self._streaks[player] = int(streak)
                self.skipped += int(skipped)
                self._deferred[player][1] = 0.0
        if not self.failing:
            self.good_updates = self._updates

    def state(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        self.settle()
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
        self.good_updates = self._updates = state["good_updates"]
        self._streaks = defaultdict(int, state["streaks"])
        self._deferred.clear()

    def _defer(self, player: str, found: Tensor) -> None:
        counts = self._deferred.get(player)
        if counts is None:
            counts = self._deferred[player] = found.new_tensor([float(self._streaks[player]), 0.0])
        counts.add_(found)
        counts[0].mul_(found)


def _can_leave_out(optimizer: Optimizer, gradient: Tensor) -> bool:
    """Tell whether all of an optimiser's steps are the kernel that looks at ``found_inf`` and touches nothing then."""
    fused = all(group.get("fused") for group in optimizer.param_groups)
    return type(optimizer) in (Adam, AdamW) and fused and not is_sharded(gradient)


def _non_finite(gradients: list[Tensor]) -> Tensor:
    """Return 1 if some value is no finite number and 0 otherwise, a scalar on the device.

    All values are looked at in one kernel, the one of torch's gradient scaler: half the time of their fused norm.
    """
    one = _one(gradients[0].device)
    found = torch.zeros_like(one)
    sharded = is_sharded(gradients[0])
    parts = [own_part(gradient) for gradient in gradients] if sharded else gradients
    torch._amp_foreach_non_finite_check_and_unscale_(parts, found, one)
    if sharded:
        dist.all_reduce(found, op=dist.ReduceOp.MAX)
    return found


@lru_cache(maxsize=8)
def _one(device: torch.device) -> Tensor:
    return torch.ones((), device=device)
