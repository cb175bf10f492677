"""How many processes a recipe asks for, and what the machine at hand cannot do."""

from __future__ import annotations

import os
from typing import Any

import torch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.recipe.schema import Recipe


def check_devices(recipe: Recipe) -> None:
    """Refuse what the machine at hand cannot do or what Lightning would silently change.

    Raises:
        UserError: The batch cannot be shared out, float16 is asked for on a CPU, or torchrun or SLURM has started
            another number of processes than the recipe asks for, which would all write into one folder or wait forever.
    """
    world = processes(recipe.trainer)
    launcher, started = _started(default=world)
    if started != world:
        raise UserError(
            f"trainer.devices: {launcher} has started {started} processes, and trainer.devices times trainer.num_nodes "
            f"is {world}"
        )
    for key, size in {"data.batch_size": recipe.data.batch_size, **_generator_batch(recipe)}.items():
        if size % world:
            raise UserError(f"{key}: {size} images cannot be shared out evenly to {world} processes")
    on_cpu = recipe.trainer.get("accelerator", "auto") == "cpu" or not _has_accelerator()
    if str(recipe.trainer.get("precision", "")).startswith("16") and on_cpu:
        raise UserError("trainer.precision: float16 needs a GPU; on a CPU use bf16-mixed or 32-true")


def check_stages(game: Game, recipe: Recipe) -> None:
    """Refuse stages of a game whose batches cannot be shared out.

    Raises:
        UserError: One cannot; the stage is named.
    """
    world = processes(recipe.trainer)
    for stage in game.stages():
        if (stage.batch_size or 0) % world:
            batch = f"{stage.batch_size} images at {stage.name}"
            raise UserError(f"game: batches of {batch} cannot be shared out evenly to {world} processes")


def processes(trainer: dict[str, Any]) -> int:
    """Return how many processes the Trainer's arguments ask for."""
    devices, accelerator = trainer.get("devices", "auto"), trainer.get("accelerator", "auto")
    if devices in ("auto", -1, "-1"):
        devices = torch.cuda.device_count() if accelerator != "cpu" and torch.cuda.is_available() else 1
    if isinstance(devices, str):
        devices = len(devices.split(",")) if "," in devices else int(devices)
    count = len(devices) if isinstance(devices, list) else int(devices)
    return max(1, count) * int(trainer.get("num_nodes", 1))


def _started(default: int) -> tuple[str, int]:
    """Return who has started this process, and how many there are."""
    if torch.distributed.is_torchelastic_launched():
        return "torchrun", int(os.environ["WORLD_SIZE"])
    if SLURMEnvironment.detect():
        return "SLURM", int(os.environ["SLURM_NTASKS"])
    return "nobody", default


def _generator_batch(recipe: Recipe) -> dict[str, int]:
    size = recipe.game.options.get("generator_batch")
    return {} if size is None else {"game.generator_batch": size}


def _has_accelerator() -> bool:
    return torch.cuda.is_available() or torch.backends.mps.is_available()
