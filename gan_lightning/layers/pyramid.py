"""Which image sizes doubling reaches, for networks that double or halve both sides in every block."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError

_MOST_DOUBLINGS = 10


def doublings(data: DataSpec, starts: Sequence[int] = range(3, 8)) -> tuple[int, ...]:
    """Return every number k >= 1 of doublings that makes the data's size, ascending.

    Both sides must be 2^k times a side in `starts`, the two sides with the same k: 24x40 is 3x5 doubled three times.

    Args:
        data: What a network shall make or judge.
        starts: Sides that the smallest map may have.

    Raises:
        UnsupportedShapeError: The data are no images, or no k does.

    >>> doublings(DataSpec((3, 48, 48)))
    (3, 4)
    """
    if data.kind != "images":
        raise UnsupportedShapeError(f"data: this network is for images, the data are {data}")
    _, *size = data.shape
    found = tuple(k for k in range(1, _MOST_DOUBLINGS + 1) if all(_is_doubled(side, k, starts) for side in size))
    if not found:
        close = " and ".join(f"{height}x{width}" for height, width in _nearest(size, starts))
        raise UnsupportedShapeError(
            f"data: this network cannot have {size[0]}x{size[1]} images: sides must be {starts[0]} to {starts[-1]} "
            f"times one power of 2 from 2 on; the nearest sizes are {close}"
        )
    return found


def _is_doubled(side: int, k: int, starts: Sequence[int]) -> bool:
    return side % 2**k == 0 and side // 2**k in starts


def _nearest(size: Sequence[int], starts: Sequence[int]) -> list[tuple[int, int]]:
    powers = (2**k for k in range(1, _MOST_DOUBLINGS + 1))
    sizes = {(a * power, b * power) for power in powers for a, b in product(starts, repeat=2)}
    return sorted(sizes, key=lambda near: (sum(abs(a - b) for a, b in zip(near, size, strict=True)), near))[:2]
