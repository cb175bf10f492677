"""Holes in images: a box and strokes of a brush, drawn at random."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning.randomness import Randomness

_STROKES = 2
_CORNERS = 5  # of each stroke
_STEP = 0.45  # longest way, along each axis, from one corner to the next, as a share of the image's side
_WIDTHS = (0.06, 0.16)  # thinnest and thickest brush, as shares of the shorter side
_BOX = (0.2, 0.5)  # least and largest side of the box, as shares of the image's
#: Numbers that say what one mask looks like.
_NUMBERS = 4 + _STROKES * (1 + 2 * _CORNERS)


def draw_masks(count: int, random: Randomness) -> Tensor:
    """Draw what masks look like, float32 ``[count, numbers]``, for `paint_masks`.

    As in free-form inpainting a mask is the union of a box and of strokes (Yu et al. 2018, arXiv:1806.03589, section
    3.4); how long and thick they are is our own choice.
    """
    return random.uniform("masks", count, _NUMBERS)


def paint_masks(looks: Tensor, height: int, width: int) -> Tensor:
    """Paint masks, bool ``[N, 1, height, width]``, true in the hole.

    Args:
        looks: From `draw_masks`, ``[N, numbers]``.
        height: Rows.
        width: Columns.
    """
    box, strokes = looks[:, :4], looks[:, 4:].reshape(len(looks), _STROKES, 1 + 2 * _CORNERS)
    rows = (torch.arange(height, device=looks.device) + 0.5) / height
    columns = (torch.arange(width, device=looks.device) + 0.5) / width
    place = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
    sides = torch.tensor([height, width], device=looks.device) / min(height, width)
    return (_boxes(box, place) | _strokes(strokes, place, sides))[:, None]


def _boxes(numbers: Tensor, place: Tensor) -> Tensor:
    size = _between(numbers[:, 2:], _BOX)
    start = numbers[:, :2] * (1 - size)
    inside = (place >= start[:, None, None]) & (place < (start + size)[:, None, None])
    return inside.all(-1)


def _strokes(numbers: Tensor, place: Tensor, sides: Tensor) -> Tensor:
    """Return what is nearer to a stroke's line than half its width; distances are in shares of the shorter side."""
    widths, ways = _between(numbers[:, :, 0], _WIDTHS), numbers[:, :, 1:].reshape(*numbers.shape[:2], _CORNERS, 2)
    corners = torch.cat([ways[:, :, :1], (ways[:, :, 1:] - 0.5) * 2 * _STEP], dim=2).cumsum(2).clamp(0, 1)
    hit = torch.zeros(len(numbers), *place.shape[:2], dtype=torch.bool, device=place.device)
    for stroke in range(_STROKES):
        for corner in range(_CORNERS - 1):
            start, end = corners[:, stroke, corner] * sides, corners[:, stroke, corner + 1] * sides
            hit |= _distance(place * sides, start, end) < widths[:, stroke, None, None] / 2
    return hit


def _distance(place: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the distances ``[N, H, W]`` of places ``[H, W, 2]`` to the lines from `start` to `end`, ``[N, 2]``."""
    way, to_place = (end - start)[:, None, None], place - start[:, None, None]
    share = (to_place * way).sum(-1) / way.square().sum(-1).clamp(min=1e-12)
    return torch.linalg.vector_norm(to_place - share.clamp(0, 1)[..., None] * way, dim=-1)  # type: ignore[no-any-return]


def _between(share: Tensor, ends: tuple[float, float]) -> Tensor:
    return ends[0] + share * (ends[1] - ends[0])
