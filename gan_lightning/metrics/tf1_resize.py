"""The bilinear resize of TensorFlow 1, which published scores on Inception are taken with."""

from __future__ import annotations

import torch
from torch import Tensor


def resize_like_tf1(images: Tensor, size: int) -> Tensor:
    """Resize to `size` x `size` as TensorFlow 1's ``resize_bilinear(align_corners=False)`` does.

    Output pixel i lies at input pixel ``i * input / output``, a mean of the two nearest; nothing is smoothed before
    images shrink. Columns go first, so that all but the last step sees few pixels where images grow.

    Args:
        images: Floats ``[N, C, H, W]``.
        size: Height and width that are wanted.

    Returns:
        ``[N, C, size, size]`` in channels-last memory.
    """
    low, high, share = _neighbours(images.shape[3], size, images.device)
    wide = torch.lerp(images.index_select(3, low), images.index_select(3, high), share)
    pixels = wide.permute(0, 2, 3, 1).contiguous()
    low, high, share = _neighbours(images.shape[2], size, images.device)
    whole = torch.lerp(pixels.index_select(1, low), pixels.index_select(1, high), share[:, None, None])
    return whole.permute(0, 3, 1, 2)


def _neighbours(length: int, size: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pixel before each place, the one after it, and the share of the latter."""
    # In float32, as there: in higher precision other pixels are the nearest at some sizes
    places = torch.arange(size, device=device, dtype=torch.float32) * torch.tensor(length / size, dtype=torch.float32)
    low = places.long()
    return low, (low + 1).clamp_max(length - 1), places - low
