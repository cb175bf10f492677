"""Statistics of a batch that several processes share, so that a loss of the whole batch is that of the whole batch.

A loss that is a mean over samples may be taken on each process's share, since gradients are averaged afterwards. One
that puts a mean of the batch into something bent, or compares samples with each other, may not: it takes from here
what it needs of the whole batch. Gradients of any order flow back to the process that a value came from. All shares
must be of one size, and all processes must ask the same in the same order, as the turns of a game make them.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def mean(values: Tensor) -> Tensor:
    """Return the mean of all values of all processes, a scalar.

    Args:
        values: This process's share, of any shape.
    """
    return values.mean() if _world() == 1 else _sum(values.mean()) / _world()


def average(values: Tensor) -> Tensor:
    """Return the mean over all processes of each value.

    Args:
        values: This process's, of any shape.
    """
    return values if _world() == 1 else _sum(values) / _world()


def gather(rows: Tensor) -> Tensor:
    """Return the rows of all processes ``[W * N, ...]``, those of rank 0 first.

    Args:
        rows: This process's share ``[N, ...]``.
    """
    if _world() == 1:
        return rows
    count, rank = len(rows), dist.get_rank()
    before = rows.new_zeros(rank * count, *rows.shape[1:])
    after = rows.new_zeros((_world() - 1 - rank) * count, *rows.shape[1:])
    return _sum(torch.cat([before, rows, after]))


def _world() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def _sum(values: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return total


class _Sum(torch.autograd.Function):
    """The sum over processes; the derivative of that is the sum of the gradients of all of them."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """Add up."""
        del ctx
        total = values.contiguous().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Add up the gradients."""
        del ctx
        return _sum(gradients[0])
