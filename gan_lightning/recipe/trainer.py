"""Arguments for Lightning's Trainer, as a recipe may give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gan_lightning.errors import UserError, nearest
from gan_lightning.recipe.options import OptionError, convert, options_of

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
    "enable_progress_bar": "progress is always shown",
    "enable_model_summary": "use fit --dry-run",
    "fast_dev_run": "use fit --dry-run",
    "num_sanity_val_steps": "the untrained generator is scored as evaluate says",
    "limit_val_batches": "use evaluate.samples",
    "limit_train_batches": "use train.steps",
    "overfit_batches": "use a small data set",
    "reload_dataloaders_every_n_epochs": "training has no epochs",
    "barebones": "use logger, sample, checkpoint and evaluate",
}


def check_trainer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a recipe's ``trainer`` section.

    Raises:
        OptionError: The Trainer has no such argument, cannot take the value, or it is said elsewhere in a recipe.
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
    checked = {name: convert(value, known[name].hint, f"trainer.{name}") for name, value in given.items()}
    for name in _CHECKS.keys() & checked.keys():
        _CHECKS[name](checked[name])
    return checked


def _check_accelerator(name: str) -> None:
    from lightning.pytorch.accelerators import AcceleratorRegistry

    known = {"auto", "gpu", *AcceleratorRegistry.available_accelerators()}
    if name not in known:
        raise OptionError("trainer.accelerator", f"there is no {name!r}; {nearest(name, known)}")


def _check_devices(devices: str | int | list[int]) -> None:
    if not (devices if isinstance(devices, list) else _DEVICES.fullmatch(str(devices))):
        raise OptionError("trainer.devices", f"expected a number above 0, a list of numbers or auto, got {devices!r}")


def _check_nodes(count: int) -> None:
    if count < 1:
        raise OptionError("trainer.num_nodes", f"expected at least 1, got {count}")


def _check_profiler(name: str | None) -> None:
    if name not in (None, *_PROFILERS):
        raise OptionError("trainer.profiler", f"there is no {name!r}; {nearest(str(name), _PROFILERS)}")


def _check_strategy(name: str) -> None:
    from gan_lightning.strategies import resolve_strategy

    try:
        resolve_strategy(name, processes=1)
    except UserError as error:
        key, _, said = str(error).partition(": ")
        raise OptionError(key, said) from error


def _check_precision(precision: Any) -> None:
    if str(precision) not in _PRECISIONS:
        told = f"cannot play a game in {precision!r}; choose from: {', '.join(_PRECISIONS)}"
        raise OptionError("trainer.precision", told)


_PROFILERS = ("simple", "advanced", "pytorch", "xla")
# Weights stay in float32: batches, latents and averages are.
_PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "32", "bf16", "16")
_DEVICES = re.compile(r"auto|-1|[1-9]\d*|\d+(,\d+)+")
_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "accelerator": _check_accelerator,
    "devices": _check_devices,
    "num_nodes": _check_nodes,
    "precision": _check_precision,
    "profiler": _check_profiler,
    "strategy": _check_strategy,
}
