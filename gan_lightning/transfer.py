"""A training that begins with the networks of another run: on new data, with all counters at 0."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.module import GANModule
from gan_lightning.run import Run, is_first_process

_log = logging.getLogger("gan_lightning")

_RAW, _AVERAGED = "game.networks.", "ema.networks."


def begin_with(module: GANModule, path: Path) -> None:
    """Give networks the weights and buffers that networks of the same names have in a checkpoint.

    What is not there in the same shape, such as a table of other classes, stays as it begins; that is told in a line.
    An average without a counterpart begins as the network itself. Optimisers begin anew.

    Args:
        module: The module, before training.
        path: A checkpoint, or the folder of a run, for its best (else its last).

    Raises:
        UserError: There is no such checkpoint, or more than half of a network's tensors are not in it.
    """
    path = Run(path).newest_good if path.is_dir() else path
    known: dict[str, Tensor] = read_checkpoint(path)["state_dict"]
    anew = [name for part, network in _parts(module) for name in _adopt(network, part, known, path)]
    if anew and is_first_process():
        _log.warning("train.start: %s lacks %s, which begins anew (%d in all)", path, anew[0], len(anew))


def _parts(module: GANModule) -> list[tuple[str, nn.Module]]:
    averages: dict[str, Any] = {} if module.ema is None else dict(module.ema.networks.items())
    raw = [(_RAW + name, network) for name, network in module.game.networks.items()]
    return raw + [(_AVERAGED + name, network) for name, network in averages.items()]


@torch.no_grad()
def _adopt(network: nn.Module, part: str, known: dict[str, Tensor], path: Path) -> list[str]:
    """Fill a network in, and return the names of what could not be filled in."""
    own = network.state_dict()
    anew = []
    for name, value in own.items():
        key = f"{part}.{name}"
        found = known.get(key, known.get(key.replace(_AVERAGED, _RAW, 1)))
        if found is None or found.shape != value.shape:
            anew.append(key)
        else:
            value.copy_(found)
    if 2 * len(anew) > len(own):
        told = f"{len(own) - len(anew)} of {len(own)} tensors of {part}"
        raise UserError(f"train.start: {path} has only {told} in the shapes of this recipe; is it of another network?")
    return anew
