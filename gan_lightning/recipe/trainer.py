"""Arguments for Lightning's Trainer, as a recipe may give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan_lightning.errors import nearest
from gan_lightning.recipe.options import OptionError, options_of

#: Arguments that the product decides itself, and where a recipe says what they would.
OWNED = {
    "max_steps": "use train.steps",
    "max_epochs": "use train.steps",
    "min_steps": "use train.steps",
    "min_epochs": "use train.steps",
    "logger": "use logger",
    "callbacks": "they come from the recipe's sections and from plugins",
    "enable_checkpointing": "use checkpoint",
    "accumulate_grad_batches": "use train.accumulate",
    "gradient_clip_val": "use train.clip",
    "gradient_clip_algorithm": "use train.clip",
    "log_every_n_steps": "use log.every",
    "check_val_every_n_epoch": "use evaluate.every",
    "val_check_interval": "use evaluate.every",
    "default_root_dir": "use run.dir",
    "use_distributed_sampler": "data are shared out by position",
}


def check_trainer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a recipe's ``trainer`` section.

    Raises:
        OptionError: The Trainer has no such argument, or it is said elsewhere in a recipe.
    """
    if not isinstance(given, Mapping):
        raise OptionError("trainer", f"expected keys and values, got {given!r}")
    from lightning.pytorch import Trainer

    known = options_of(Trainer.__init__, skip=1)
    for name in given:
        if name in OWNED:
            raise OptionError(f"trainer.{name}", f"not here: {OWNED[name]}")
        if name not in known:
            raise OptionError(f"trainer.{name}", f"unknown key; {nearest(name, known.keys() - OWNED.keys())}")
    return dict(given)
