"""Data-parallel training for players that take turns.

Lightning's DDP wraps the whole module and expects every parameter to take part in every backward pass; with
``find_unused_parameters`` it works for games, but sends all players' gradients in every turn. The strategy here has no
wrapper: weights and buffers are sent to all processes once, and before a player's step that player's gradients are
averaged in one all-reduce. Any number of forward passes, double backward and accumulation are no special cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch import LightningModule
from lightning.pytorch.overrides.distributed import _sync_module_states
from lightning.pytorch.strategies import DDPStrategy, StrategyRegistry
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lightning.errors import UserError, nearest
from gan_lightning.sharded import SHARDED

_SINGLE_ENGINE = "it trains one model with one optimiser, and a game has a player a side; use ddp"
REFUSED = {
    "deepspeed": _SINGLE_ENGINE,
    "fsdp": f"it wraps one model for one optimiser; use ddp, or {SHARDED} for networks that do not fit on one device",
    "ddp_spawn": "the process that was started would not see what its children trained; use ddp",
    "ddp_fork": "the process that was started would not see what its children trained; use ddp",
    "ddp_notebook": "the process that was started would not see what its children trained; use ddp",
}


class TurnTakingStrategy(DDPStrategy):
    """A `DDPStrategy` that averages the gradients of one optimiser at a time, right before its step."""

    def configure_ddp(self) -> None:
        """Make all processes start from rank 0's weights and buffers, and wrap nothing."""
        assert self.model is not None
        _sync_module_states(self.model)

    def optimizer_step(
        self,
        optimizer: Optimizer,
        closure: Callable[[], Any],
        model: LightningModule | nn.Module | None = None,
        **kwargs: Any,
    ) -> Any:
        """Average the gradients over processes, before they are unscaled, and step."""
        average_gradients([weight for group in optimizer.param_groups for weight in group["params"]])
        return super().optimizer_step(optimizer, closure, model, **kwargs)


def average_gradients(weights: Sequence[Tensor]) -> None:
    """Replace gradients by their mean over all processes, in one all-reduce of one flat buffer for each dtype."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    for dtype in sorted({gradient.dtype for gradient in gradients}, key=str):
        parts = [gradient for gradient in gradients if gradient.dtype == dtype]
        flat = torch.cat([part.reshape(-1) for part in parts])
        dist.all_reduce(flat)
        flat /= dist.get_world_size()
        pieces = torch.split(flat, [part.numel() for part in parts])
        torch._foreach_copy_(parts, [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)])


_DDP = "turns_ddp"
StrategyRegistry.register(_DDP, TurnTakingStrategy, "DDP for players that take turns", start_method="popen")


def resolve_strategy(name: str, processes: int) -> str:
    """Return the Lightning strategy that a recipe's ``trainer.strategy`` stands for.

    Args:
        name: What the recipe says.
        processes: How many processes will train.

    Raises:
        UserError: A strategy that cannot train players that take turns.
    """
    if name == SHARDED:
        return name
    for refused, reason in REFUSED.items():
        if name.startswith(refused):
            raise UserError(f"trainer.strategy: {name} cannot play a game: {reason}")
    if name == "auto":
        return _DDP if processes > 1 else "auto"
    if name.startswith("ddp"):
        return _DDP
    if name not in StrategyRegistry.available_strategies():
        known = ["auto", *StrategyRegistry.available_strategies()]
        raise UserError(f"trainer.strategy: there is no {name!r}; {nearest(name, known)}")
    return name
