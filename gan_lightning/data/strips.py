"""Images beside what they were made from and what they should have been."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate


def side_by_side(*columns: Tensor) -> Tensor:
    """Return images in rows: the first of every column, then the second of every column, and so on.

    Args:
        columns: Images ``[N, C, H, W]`` in [-1, 1], as many in each. Those of another size than in the last column are
            scaled to that by repeating pixels. Of more than three channels the first three are shown, of two the
            first; gray ones get three equal channels where any has colour.

    Returns:
        ``[N * columns, 1 or 3, H, W]``, of the last column's size.
    """
    channels = max(_shown(column) for column in columns)
    size = columns[-1].shape[2:]
    fitted = [_fitted(column.float().cpu(), channels, size) for column in columns]
    return torch.stack(fitted, dim=1).flatten(0, 1)


def _shown(images: Tensor) -> int:
    return 3 if images.shape[1] >= 3 else 1


def _fitted(images: Tensor, channels: int, size: torch.Size) -> Tensor:
    images = images[:, : _shown(images)].expand(-1, channels, -1, -1)
    return images if images.shape[2:] == size else interpolate(images, tuple(size), mode="nearest-exact")
