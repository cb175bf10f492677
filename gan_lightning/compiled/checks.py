"""What cannot be compiled, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from torch.optim import Adam, Optimizer

from gan_lightning.errors import UserError
from gan_lightning.game import Game


def check_compilable(game: Game, optimizers: Mapping[str, Optimizer], *, accumulate: int, clip: float | None) -> None:
    """Refuse what a compiled turn would do wrong.

    Raises:
        UserError: Something that a turn depends on is not among the inputs of its code.
    """
    reasons = {
        f"train.accumulate is {accumulate}": accumulate != 1,
        "train.clip is set": clip is not None,
        "the game has stages": len(game.stages()) > 1,
        "a rule or an augmentation acts after a step": game.acts_after_steps,
        "an optimizer is no plain adam": not all(_is_plain(optimizer) for optimizer in optimizers.values()),
    }
    for reason, holds in reasons.items():
        if holds:
            refuse(reason)


def refuse(reason: str) -> NoReturn:
    """Say why turns cannot be compiled."""
    raise UserError(f"performance: compile cannot be used here: {reason}; use auto")


def _is_plain(optimizer: Optimizer) -> bool:
    extras = ("weight_decay", "amsgrad", "maximize")
    return type(optimizer) is Adam and len(optimizer.param_groups) == 1 and not any(map(optimizer.defaults.get, extras))
