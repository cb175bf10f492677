"""Images seen through affine maps: pixel by pixel where maps lead from pixels to pixels, resampled elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from gan_lightning_losses.augmentations.sides import lowering, mirrored, period, raising
from gan_lightning_losses.augmentations.wavelets import SYM6, SYM6_CENTRE


def copied(images: Tensor, inverse: Tensor) -> Tensor:
    """Copy pixels from where a map says they come from.

    Args:
        images: ``[N, C, H, W]``; beyond their edges they are mirrored.
        inverse: ``[N, 3, 3]``: from places seen to places in the image, both (x, y, 1) in pixels from the centre.

    Returns:
        ``[N, C, H, W]``.
    """
    height, width = images.shape[2:]
    columns, rows = torch.arange(width, device=images.device), torch.arange(height, device=images.device)
    x, y = _traced(inverse, columns - (width - 1) / 2, rows - (height - 1) / 2)
    # A quarter lets errors of rounding, and whole maps to half pixels, all fall to one side.
    column = mirrored((x + (width - 1) / 2 + 0.25).floor().long(), width)
    row = mirrored((y + (height - 1) / 2 + 0.25).floor().long(), height)
    index = (row * width + column).flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, index).view_as(images)


def warped(images: Tensor, inverse: Tensor) -> Tensor:
    """Resample as the paper does: up twice by SYM6, looked up bilinearly, and down again.

    Mirrored images repeat themselves, and so do they upsampled: one period of them serves for every place, however far
    beyond the edges it is.

    Args:
        images: ``[N, C, H, W]``; beyond their edges they are mirrored.
        inverse: As `copied` takes it.

    Returns:
        ``[N, C, H, W]``; it can be differentiated by the images any number of times.
    """
    inverse = inverse.to(images.dtype)
    height, width = images.shape[2:]
    x, y = _traced(inverse, _seen(width, images), _seen(height, images))
    places = torch.stack([_looked_up(x, width), _looked_up(y, height)], dim=3)
    found = grid_sample(
        _through(raising, images, height, width), places, mode="bilinear", padding_mode="border", align_corners=True
    )
    return _through(lowering, found, height, width)


def _traced(inverse: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the places of a grid come from, x and y ``[N, H, W]``."""
    x, y = x[None, None, :].to(inverse.dtype), y[None, :, None].to(inverse.dtype)
    across, down = (entry[..., None, None].unbind(1) for entry in inverse[:, :2].unbind(1))
    return across[0] * x + across[1] * y + across[2], down[0] * x + down[1] * y + down[2]


def _seen(size: int, like: Tensor) -> Tensor:
    """Return where the lines lie that `lowering` makes a side of, in pixels from the centre."""
    lines = torch.arange(2 * size + len(SYM6) - 2, device=like.device, dtype=like.dtype)
    return (lines - SYM6_CENTRE) / 2 - (size - 1) / 2


def _looked_up(places: Tensor, size: int) -> Tensor:
    """Return which lines of the upsampled period places are, where -1 is its first and 1 the first of the next."""
    lines = 2 * (places + (size - 1) / 2) + SYM6_CENTRE
    return lines.remainder(2 * period(size)) / period(size) - 1


def _through(
    make: Callable[[int, torch.dtype, torch.device], Tensor], images: Tensor, height: int, width: int
) -> Tensor:
    """Filter the rows and the columns of images ``[N, C, ...]`` by the matrices of sides."""
    down, across = (make(size, images.dtype, images.device) for size in (height, width))
    return down @ images @ across.T
