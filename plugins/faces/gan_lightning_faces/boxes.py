"""Boxes ``[K, 4]``: left, top, right, bottom."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def best(
    boxes: Floats, scores: Floats, most: float, part_of: Literal["union", "smaller"] = "union"
) -> NDArray[np.intp]:
    """Return the numbers of boxes that overlap none of a better score by more than a share, best first.

    Args:
        boxes: ``[K, 4]``.
        scores: ``[K]``.
        most: The largest overlap that is let pass.
        part_of: Whether overlap is a share of both boxes' union, or of the smaller box.
    """
    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    while len(left):
        first, others = left[0], left[1:]
        kept.append(int(first))
        low = np.maximum(boxes[first, :2], boxes[others, :2])
        high = np.minimum(boxes[first, 2:], boxes[others, 2:])
        common = np.prod((high - low).clip(min=0), axis=1)
        union = areas[first] + areas[others] - common
        whole = union if part_of == "union" else np.minimum(areas[first], areas[others])
        left = others[common <= most * whole]
    return np.array(kept, dtype=np.intp)


def shifted(boxes: Floats, offsets: Floats) -> Floats:
    """Move each edge by offsets ``[K, 4]`` in parts of the width or height."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    return boxes + offsets * np.tile(sizes, 2)


def squared(boxes: Floats) -> Floats:
    """Lengthen the shorter sides about the middle."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True, initial=0) / 2
    return np.hstack([middles - halves, middles + halves])
