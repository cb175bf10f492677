"""Labels as vectors, for networks that read them beside other numbers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot


def with_labels(values: Tensor, labels: Tensor | None, classes: int) -> Tensor:
    """Return values with their labels beside them, as one-hot vectors or as maps of zeros and ones.

    Without classes these are the values themselves.

    Args:
        values: Vectors ``[N, D]`` or images ``[N, C, H, W]``.
        labels: Classes ``[N]``.
        classes: Number of classes K, 0 for none.

    Returns:
        ``[N, D + K]`` or ``[N, C + K, H, W]``, in the type of the values.

    Raises:
        ValueError: There are classes but no labels.
    """
    if not classes:
        return values
    if labels is None:
        raise ValueError("a class-conditional network needs labels")
    hot = one_hot(labels, classes).to(values.dtype)
    hot = hot.view(*hot.shape, *(1 for _ in values.shape[2:])).expand(-1, -1, *values.shape[2:])
    return torch.cat([values, hot], dim=1)
