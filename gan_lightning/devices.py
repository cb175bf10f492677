"""How many processes a recipe asks for, and what the machine at hand cannot do."""

from __future__ import annotations

from typing import Any

import torch

from gan_lightning.errors import UserError
from gan_lightning.recipe.schema import Recipe


def check_devices(recipe: Recipe) -> None:
    """Refuse what the machine at hand cannot do or what Lightning would silently change.

    Raises:
        UserError: The batch cannot be shared out, or float16 is asked for on a CPU.
    """
    world = processes(recipe.trainer)
    for key, size in {"data.batch_size": recipe.data.batch_size, **_generator_batch(recipe)}.items():
        if size % world:
            raise UserError(f"{key}: {size} images cannot be shared out evenly to {world} processes")
    on_cpu = recipe.trainer.get("accelerator", "auto") == "cpu" or not _has_accelerator()
    if str(recipe.trainer.get("precision", "")).startswith("16") and on_cpu:
        raise UserError("trainer.precision: float16 needs a GPU; on a CPU use bf16-mixed or 32-true")


def processes(trainer: dict[str, Any]) -> int:
    """Return how many processes the Trainer's arguments ask for."""
    devices, accelerator = trainer.get("devices", "auto"), trainer.get("accelerator", "auto")
    if devices in ("auto", -1, "-1"):
        devices = torch.cuda.device_count() if accelerator != "cpu" and torch.cuda.is_available() else 1
    if isinstance(devices, str):
        devices = len(devices.split(",")) if "," in devices else int(devices)
    count = len(devices) if isinstance(devices, list) else int(devices)
    return max(1, count) * int(trainer.get("num_nodes", 1))


def _generator_batch(recipe: Recipe) -> dict[str, int]:
    size = recipe.game.options.get("generator_batch")
    return {} if size is None else {"game.generator_batch": size}


def _has_accelerator() -> bool:
    return torch.cuda.is_available() or torch.backends.mps.is_available()
