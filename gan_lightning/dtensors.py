"""Tensors that many processes hold, each a part or a copy."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor


def is_sharded(tensor: Tensor) -> bool:
    """Tell whether each process holds a part only."""
    return isinstance(tensor, DTensor)


def own_part(tensor: Tensor) -> Tensor:
    """Return what this process holds of a tensor, sharing its memory; a tensor that is not sharded is held whole."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """Return all of a tensor; for one that is sharded, all processes must call this together."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part_like(tensor: Tensor, model: Tensor) -> Tensor:
    """Return this process's part of `tensor`, which all have whole, cut and placed as `model` is.

    What has another shape than `model`, such as an optimiser's count of steps, is returned as it is.
    """
    if not isinstance(model, DTensor) or tensor.shape != model.shape:
        return tensor
    mesh = model.device_mesh
    return distribute_tensor(tensor.to(model.device), mesh, model.placements, src_data_rank=None)


@torch.no_grad()
def take_from_first(tensors: Iterable[Tensor], device: torch.device) -> None:
    """Make all processes have the first one's values; all call this together.

    Args:
        tensors: What is overwritten elsewhere.
        device: The device by which processes speak to each other.
    """
    for tensor in tensors:
        value = tensor.detach().to(device)
        dist.broadcast(value, src=0)
        tensor.copy_(value)
