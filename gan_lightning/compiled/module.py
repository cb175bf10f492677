"""A turn as a torch module, whose weights, buffers and draws can be swapped for inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.compiled.checks import refuse
from gan_lightning.compiled.draws import Draw, Recording, Replayed
from gan_lightning.data.batch import Batch
from gan_lightning.game import Game, Phase, Play, Progress
from gan_lightning.randomness import Randomness


class Turn(nn.Module):
    """A turn as a module, so that its weights and buffers may be swapped for inputs."""

    def __init__(self, game: Game, phase: Phase) -> None:
        super().__init__()
        self.game = game
        self.phase = phase
        self.memory_format = torch.contiguous_format
        self.has_labels = self.has_flips = False

    def forward(self, reals: Sequence[Tensor], draws: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the phase's terms by name."""
        rest = list(reals[1:])
        labels = rest.pop(0) if self.has_labels else None
        flips = rest.pop(0) if self.has_flips else None
        return self.losses(Batch(reals[0], labels, flips, self.memory_format), Replayed(draws))

    def losses(self, batch: Batch, random: Any) -> dict[str, Tensor]:
        """Return the phase's terms of a batch, by name."""
        play: Play = self.game.play(self.phase, batch, random, _NO_PROGRESS)
        return self.phase.losses(play)


class _NoProgress(Progress):
    """What a compiled turn knows of how far training is: nothing."""

    def __init__(self) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        if name in Progress.__dataclass_fields__:
            refuse(f"a term depends on how far training is (it reads progress.{name})")
        return super().__getattribute__(name)


_NO_PROGRESS = _NoProgress()


def recorded(turn: Turn, batch: Batch, random: Randomness) -> list[Draw]:
    """Play a turn without a step, with buffers that are thrown away, to see what it draws."""
    if batch.partners:
        refuse(f"the data come with {' and '.join(batch.partners)}")
    turn.memory_format = batch.memory_format
    turn.has_labels, turn.has_flips = batch.labels is not None, batch.flips is not None
    draws: list[Draw] = []
    before = {name: buffer.clone() for name, buffer in turn.named_buffers()}
    turn.losses(batch, Recording(random, draws))
    restore(list(dict(turn.named_buffers()).values()), list(before.values()))
    return draws


@torch.no_grad()
def restore(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Give tensors the values that they had."""
    for tensor, value in zip(tensors, values, strict=True):
        tensor.copy_(value)
