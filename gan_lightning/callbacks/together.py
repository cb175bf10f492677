"""Generated samples that all processes make and look at together, each its share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch.distributed as dist
from lightning.pytorch import Trainer

from gan_lightning.dtensors import take_from_first
from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Evaluator, Look
from gan_lightning.module import GANModule
from gan_lightning.sampling import CHUNK, draw_samples


def look_together(
    trainer: Trainer, module: GANModule, evaluator: Evaluator, generator: str, seed: int
) -> Iterable[Look]:
    """Return looks at the very samples that one process would make, in their order; the first process gets them all.

    Statistics of batches, which each process has of its own, are taken from the first one, whose networks are those in
    the checkpoint.

    Args:
        trainer: The trainer.
        module: The module whose generator is sampled.
        evaluator: Looks at the samples.
        generator: ``"ema"`` or ``"raw"``.
        seed: Names the samples.

    Raises:
        UserError: Samples are not finite; all processes raise it, whoever has found it.
    """
    networks = module.networks(averaged=generator == "ema")
    evaluator.device = module.device
    evaluator.meet(module.game, networks)
    rank, world = trainer.global_rank, trainer.world_size
    drawn: dict[str, Any] = {"truncation": evaluator.truncation, "standing": evaluator.standing}
    drawn["sources"] = evaluator.sources(module.game)
    fakes = draw_samples(module.game, networks, evaluator.count, seed, rank=rank, world=world, **drawn)
    if world == 1:
        return evaluator.look(fakes)
    take_from_first((buffer for network in networks.values() for buffer in network.buffers()), module.device)
    own: list[Look] = []
    with shared_trouble(trainer):
        try:
            own += evaluator.look(fakes)
        finally:
            list(fakes)  # others may still need this process's part of the weights
    return _gathered(own, evaluator.count, rank, world)


@contextmanager
def shared_trouble(trainer: Trainer) -> Iterator[None]:
    """Let a `UserError` that the block raises in one process be raised in all, which leave the block together."""
    trouble: UserError | None = None
    try:
        yield
    except UserError as error:
        trouble = error
    told: list[str | None] = [None if trouble is None else str(trouble)]
    if trainer.world_size > 1:
        told *= trainer.world_size
        dist.all_gather_object(told, None if trouble is None else str(trouble))
    found = [one for one in told if one is not None]
    if found:
        raise UserError(found[0]) from trouble


def _gathered(own: list[Look], count: int, rank: int, world: int) -> list[Look]:
    """Give all looks to the first process: batch i of those of `count` samples was made by process ``i % world``."""
    looks: list[Look] = []
    for turn in range(math.ceil(count / (CHUNK * world))):
        told: list[Look | None] | None = [None] * world if rank == 0 else None
        dist.gather_object(own[turn] if turn < len(own) else None, told)
        looks += [look for look in told or [] if look is not None]
    return looks
