"""The sizes of maps that lead to an image, and how wide they are."""

from __future__ import annotations

from typing import NamedTuple

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings


class Pyramid(NamedTuple):
    """Maps from the smallest to the image's size, each twice as large as the one before.

    Args:
        sizes: Height and width of each.
        widths: Channels of each.
    """

    sizes: tuple[tuple[int, int], ...]
    widths: tuple[int, ...]


def pyramid(data: DataSpec, base: int, most: int) -> Pyramid:
    """Return the maps that lead to images of that size, from sides of 3 to 7; squares of a power of 2 begin at 4x4.

    A map is ``base / longer side`` channels wide, but no more than `most` and no less than 1.

    Args:
        data: The images.
        base: Channels times longer side, which is the same for all maps that are less than `most` wide.
        most: Channels of the widest maps.

    Raises:
        UnsupportedShapeError: Doubling does not lead to that size.
        UserError: A number is below 1.
    """
    at_least(1, channel_base=base, channels=most)
    steps = doublings(data)[-1]
    height, width = data.shape[1:]
    sizes = tuple((height >> step, width >> step) for step in reversed(range(steps + 1)))
    return Pyramid(sizes, tuple(max(1, min(base // max(size), most)) for size in sizes))
