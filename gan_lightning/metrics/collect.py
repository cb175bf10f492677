"""Which real samples are compared with, and features of many batches in one tensor."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from gan_lightning.components import Extracted
from gan_lightning.randomness import Randomness

CHOICE = 0  # seed of the choice of real samples: runs with different seeds are compared with the same ones


def chosen_rows(count: int, size: int) -> Tensor:
    """Return the numbers, rising, of the real samples that scores compare with: `count` of `size`, or all."""
    generator = Randomness(CHOICE).generator("real samples")
    return torch.randperm(size, generator=generator)[: min(count, size)].sort().values


def collected(parts: Iterable[Extracted], count: int) -> Extracted:
    """Return what `parts`, `count` samples in all, hold, in their order.

    Each part is copied to its place as it comes: never are all of them there twice.
    """
    features: Tensor | None = None
    logits: Tensor | None = None
    start = 0
    for part in parts:
        rows = slice(start, start + len(part.features))
        features = _filled(features, rows, part.features, count)
        logits = None if part.logits is None else _filled(logits, rows, part.logits, count)
        start = rows.stop
    assert features is not None
    return Extracted(features, logits)


def _filled(whole: Tensor | None, rows: slice, part: Tensor, count: int) -> Tensor:
    whole = part.new_empty(count, *part.shape[1:]) if whole is None else whole
    whole[rows] = part
    return whole
