"""Which keys each query may look at in YLG's sparse attention (Daras et al. 2020, arXiv:1911.12287).

Tokens stand in a line that is cut into blocks of floor(sqrt(n)). What a token tells reaches every other in two hops: to
one end of its block, and from the ends of all blocks to everyone. Cells of a grid are put in line by their distance
from a corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

#: How queries that are finer than keys choose a key's mask: ``repeated`` takes query q as key q mod n in rows, as the
#: authors' code does; ``nearest`` the key that covers the query.
Queries = Literal["repeated", "nearest"]


def left_to_right_floor(count: int) -> Tensor:
    """Each token looks at those of its block up to itself: bool ``[count, count]`` by query and key."""
    query, key = _places(count)
    return (key <= query) & (key >= query - query % _stride(count))


def right_to_left_floor(count: int) -> Tensor:
    """Each token looks at those of its block from itself on: bool ``[count, count]`` by query and key."""
    return left_to_right_floor(count).T


def left_to_right_repetitive(count: int) -> Tensor:
    """Each token looks at the last of every block, and at itself: bool ``[count, count]`` by query and key.

    The authors' code leaves out the end of a last block that is not full, whose tokens then reach nobody; it is kept
    here. In a square grid all blocks are full.
    """
    query, key = _places(count)
    stride = _stride(count)
    return (key % stride == stride - 1) | (key == count - 1) | (key == query)


def right_to_left_repetitive(count: int) -> Tensor:
    """Each token looks at the first of every block, and at itself: bool ``[count, count]`` by query and key.

    As above, the authors' code leaves out a last block that is not full.
    """
    query, key = _places(count)
    return (key % _stride(count) == 0) | (key == query)


#: The masks of the eight heads, in their order.
HEADS: tuple[Callable[[int], Tensor], ...] = (
    *(right_to_left_floor, right_to_left_repetitive) * 2,
    *(left_to_right_floor, left_to_right_repetitive) * 2,
)


def ranks(height: int, width: int) -> list[int]:
    """Return the place in line of each cell of a grid, row by row: by distance i + j, cells at one distance by row.

    >>> ranks(2, 3)
    [0, 1, 3, 2, 4, 5]
    """
    cells = [(row, column) for row in range(height) for column in range(width)]
    line = sorted(cells, key=sum)
    place = {cell: number for number, cell in enumerate(line)}
    return [place[cell] for cell in cells]


def head_masks(height: int, width: int, queries: Queries = "repeated") -> Tensor:
    """Return the masks of the eight heads for a map whose keys are pooled 2x2.

    Args:
        height: Height H of the map.
        width: Width W of the map.
        queries: How a query chooses the mask of a key.

    Returns:
        Bool ``[8, H W, ceil(H / 2) ceil(W / 2)]``, true where a query may look at a key.
    """
    keys = (-(-height // 2), -(-width // 2))
    line = torch.tensor(ranks(*keys))
    rows = torch.tensor(_QUERIES[queries](height, width, keys))
    return torch.stack([mask(len(line))[line][:, line][rows] for mask in HEADS])


def _repeated(height: int, width: int, keys: tuple[int, int]) -> list[int]:
    return [query % (keys[0] * keys[1]) for query in range(height * width)]


def _nearest(height: int, width: int, keys: tuple[int, int]) -> list[int]:
    return [row // 2 * keys[1] + column // 2 for row in range(height) for column in range(width)]


_QUERIES: dict[str, Callable[[int, int, tuple[int, int]], list[int]]] = {"repeated": _repeated, "nearest": _nearest}


def _stride(count: int) -> int:
    return math.isqrt(count)


def _places(count: int) -> tuple[Tensor, Tensor]:
    places = torch.arange(count)
    return places[:, None], places[None, :]
