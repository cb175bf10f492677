"""The sizes of a pyramid of images, and how images are brought from one to the next."""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

Size = tuple[int, int]
Spacing = Literal["even", "late"]

#: Side of what a network of a scale sees of an image around a pixel, and so of the smallest image that is judged.
FIELD = 11


def pyramid(
    data: DataSpec, smallest: int = 25, ratio: float = 0.75, scales: int | None = None, spacing: Spacing = "even"
) -> tuple[Size, ...]:
    """Return heights and widths, coarse to fine; the last are the data's.

    Args:
        data: The images.
        smallest: Shorter side at the coarsest scale. Images that have no more themselves are one scale.
        ratio: Sides of a scale to those of the next, which is brought near to 1 until the sizes fit: of n scales it is
            ``(smallest / shorter side) ** (1 / (n - 1))``, with n two more than the powers of `ratio` that lead to the
            smallest, rounded up (SinGAN's code).
        scales: Number of scales, in place of `ratio`.
        spacing: ``"even"``, all ratios alike, or ``"late"``, with more scales at small sizes (ConSinGAN,
            arXiv:2003.11512, section 3.2).

    Raises:
        UnsupportedShapeError: The data are no images, or smaller than what is seen around a pixel.
        UserError: A number is out of its range.

    >>> pyramid(DataSpec((3, 64, 96)), smallest=32)
    ((32, 48), (39, 58), (46, 68), (54, 81), (64, 96))
    """
    if data.kind != "images" or min(data.shape[1:]) < FIELD:
        raise UnsupportedShapeError(f"data: this network is for images whose sides are {FIELD} or more, not for {data}")
    _check(smallest, ratio, scales)
    height, width = data.shape[1:]
    share = smallest / min(height, width)
    if share >= 1:
        return ((height, width),)
    steps = scales - 1 if scales is not None else math.ceil(_rounded(math.log(share) / math.log(ratio))) + 1
    if not steps:
        return ((height, width),)
    shares = [share ** (_EXPONENTS[spacing](step, steps) / steps) for step in range(steps)]
    return (*((_scaled(height, one), _scaled(width, one)) for one in shares), (height, width))


def resized(images: Tensor, size: Size) -> Tensor:
    """Return images ``[N, C, H, W]`` of another size by antialiased bicubic interpolation, in float32."""
    if tuple(images.shape[2:]) == tuple(size):
        return images
    return interpolate(images.float(), size=size, mode="bicubic", antialias=True, align_corners=False)


def _check(smallest: int, ratio: float, scales: int | None) -> None:
    if smallest < FIELD:
        raise UserError(f"smallest: expected at least {FIELD}, what a network sees around a pixel, got {smallest}")
    if not 0 < ratio < 1:
        raise UserError(f"ratio: expected more than 0 and less than 1, got {ratio}")
    if scales is not None and scales < 1:
        raise UserError(f"scales: expected at least 1 or null, got {scales}")


def _late(step: int, steps: int) -> float:
    """Return the exponent of the ratio at a scale: fewer and fewer scales as images grow."""
    return (steps - 1) / math.log(steps) * math.log(steps - step) + 1 if steps > 1 else 1.0


def _even(step: int, steps: int) -> float:
    return float(steps - step)


_EXPONENTS = {"even": _even, "late": _late}


def _scaled(side: int, share: float) -> int:
    return math.ceil(_rounded(side * share))


def _rounded(value: float) -> float:
    """Return a value without its rounding error, which would be rounded up."""
    return round(value, 6)
