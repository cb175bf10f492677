"""How wide and how deep the residual networks are at each size of image.

Small images (CIFAR's 32x32) have blocks of one width; larger ones double the width with every halving, from `channels`
at full size up to 16 times that. Published networks for 32, 48, 64 and 128 pixels are rows of these two rules.
"""

from __future__ import annotations

from typing import NamedTuple

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import doublings

_LARGEST_SMALL_SIDE = 40
_MOST = 16
_LARGE = 64
# The authors' network for 64x64 halves in its fifth and last block too, to 2x2; all others end with a plain block.
_LAST_BLOCK_HALVES = {(64, 64)}


class GeneratorPlan(NamedTuple):
    """Shape of a generator.

    Args:
        start: Height and width of the first map.
        widths: Channels of the first map and after each doubling.
    """

    start: tuple[int, int]
    widths: tuple[int, ...]


class DiscriminatorPlan(NamedTuple):
    """Shape of a discriminator.

    Args:
        widths: Channels after each block.
        halves: For each block, whether it halves both sides.
    """

    widths: tuple[int, ...]
    halves: tuple[bool, ...]


def generator_plan(data: DataSpec, channels: int | None, small: int) -> GeneratorPlan:
    """Return the generator for images of that size, with as few doublings as can be.

    Args:
        data: What is generated.
        channels: Width at full size, or None for the published one.
        small: The published width for small images.

    Raises:
        UnsupportedShapeError: Doubling does not lead to that size.
    """
    steps = doublings(data)[0]
    height, width = data.shape[1:]
    start = (height >> steps, width >> steps)
    if is_small(data):
        return GeneratorPlan(start, (small if channels is None else channels,) * (steps + 1))
    full = _LARGE if channels is None else channels
    return GeneratorPlan(start, tuple(full * min(2**step, _MOST) for step in reversed(range(steps + 1))))


def discriminator_plan(data: DataSpec, channels: int | None, small: int) -> DiscriminatorPlan:
    """Return the discriminator for images of that size, with as many halvings as can be.

    Args:
        data: What is judged.
        channels: Width of the first block, or None for the published one.
        small: The published width for small images.

    Raises:
        UnsupportedShapeError: Halving does not lead from that size to a small map.
    """
    steps = doublings(data)[-1]
    if is_small(data):
        halvings = min(steps, 2)
        return DiscriminatorPlan(
            (small if channels is None else channels,) * (halvings + 2), (True,) * halvings + (False,) * 2
        )
    full = _LARGE if channels is None else channels
    widths = tuple(full * min(2**step, _MOST) for step in range(steps + 1))
    return DiscriminatorPlan(widths, (True,) * steps + (data.shape[1:] in _LAST_BLOCK_HALVES,))


def is_small(data: DataSpec) -> bool:
    """Tell whether images are so small that all blocks have one width."""
    return max(data.shape[1:]) <= _LARGEST_SMALL_SIDE
