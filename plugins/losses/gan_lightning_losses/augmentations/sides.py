"""Filters along a side of images that go on for ever, mirrored at their edges, as matrices.

A side of S lines is short, so that a product with a dense matrix takes less time than a convolution: on a CPU a tenth
at 32 lines and about the same at 1024.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from gan_lightning_losses.augmentations.wavelets import SYM6, octaves


def period(size: int) -> int:
    """Return after how many lines a mirrored side repeats itself; its edge lines are not doubled."""
    return max(2 * (size - 1), 1)


def mirrored(lines: Tensor, size: int) -> Tensor:
    """Return which line of a side each line is, whole numbers of any size in ``[0, size)``."""
    last = size - 1
    return last - (last - lines.remainder(period(size))).abs()


@lru_cache(maxsize=32)
def raising(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return what doubles the lines of a side S with SYM6 ``[2 P + 1, S]``: a period P and the first line of the next.

    Line k of the side lies at line 2 k + SYM6_CENTRE of the result.
    """
    lines, taps = torch.arange(2 * period(size) + 1)[:, None], torch.arange(len(SYM6))
    source = lines - taps
    values = torch.tensor(SYM6, dtype=torch.double) * math.sqrt(2.0) * (source % 2 == 0)
    return _matrix(lines, mirrored(source.div(2, rounding_mode="floor"), size), values, size).to(device, dtype)


@lru_cache(maxsize=32)
def lowering(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return what undoes `raising` ``[S, 2 S + 10]``: it makes a side of as many lines of the raised one, from 0 on."""
    lines, taps = torch.arange(size)[:, None], torch.arange(len(SYM6))
    values = torch.tensor(SYM6, dtype=torch.double) / math.sqrt(2.0)
    return _matrix(lines, 2 * lines + taps, values, 2 * size + len(SYM6) - 2).to(device, dtype)


@lru_cache(maxsize=32)
def bands(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return what lets each of the four `octaves` of a side S pass ``[4, S, S]``."""
    filters = octaves()
    lines = torch.arange(size)[:, None]
    columns = mirrored(lines + torch.arange(filters.shape[1]) - filters.shape[1] // 2, size)
    return torch.stack([_matrix(lines, columns, values, size) for values in filters]).to(device, dtype)


def _matrix(rows: Tensor, columns: Tensor, values: Tensor, width: int) -> Tensor:
    """Add values up where rows and columns meet."""
    matrix = torch.zeros(len(rows), width, dtype=torch.double)
    return matrix.index_put_((rows.expand_as(columns), columns), values.expand_as(columns), accumulate=True)
