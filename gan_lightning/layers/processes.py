"""Numbers of a batch that several processes share, for what follows them without a gradient."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


@torch.no_grad()
def mean_over_processes(values: Tensor) -> Tensor:
    """Return the mean over all processes of each value, without a graph.

    All processes must ask in the same order. With shares of one size, the mean of their means is that of the batch.

    Args:
        values: This process's, of any shape; they stay as they are.
    """
    values = values.detach()
    if not (dist.is_available() and dist.is_initialized()):
        return values
    total = values.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
