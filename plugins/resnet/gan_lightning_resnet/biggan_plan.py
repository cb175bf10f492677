"""How wide the networks of BigGAN are at each size of image, and where they attend.

Widths are multiples of one number, ``channels``. Published networks for 32, 64, 128, 256 and 512 pixels are rows of
these tables; other sizes have the row of as many doublings.
"""

from __future__ import annotations

from collections.abc import Sequence

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import doublings
from gan_lightning_resnet.widths import DiscriminatorPlan, GeneratorPlan, is_small

_SMALL = 4
_HALVINGS_OF_SMALL = 2
_LARGE = {
    3: (16, 16, 8, 4),
    4: (16, 16, 8, 4, 2),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
# From five doublings on the discriminator is the generator turned round; below, it keeps the narrow end.
_SHORT = {3: (1, 2, 4, 8), 4: (1, 2, 4, 8, 16)}
_PUBLISHED_ATTENTION = 64


def generator_plan(data: DataSpec, channels: int) -> GeneratorPlan:
    """Return the generator for images of that size.

    Args:
        data: What is generated.
        channels: What widths are multiples of.

    Raises:
        UnsupportedShapeError: Doubling does not lead to that size.
    """
    steps = doublings(data)[0]
    height, width = data.shape[1:]
    factors = (_SMALL,) * (steps + 1) if is_small(data) else _large(steps)
    return GeneratorPlan((height >> steps, width >> steps), tuple(channels * factor for factor in factors))


def discriminator_plan(data: DataSpec, channels: int) -> DiscriminatorPlan:
    """Return the discriminator for images of that size: as many halvings as the generator has doublings.

    Args:
        data: What is judged.
        channels: What widths are multiples of.

    Raises:
        UnsupportedShapeError: Halving does not lead from that size to a small map.
    """
    steps = doublings(data)[0]
    if is_small(data):
        halvings = min(steps, _HALVINGS_OF_SMALL)
        return DiscriminatorPlan((_SMALL * channels,) * (halvings + 2), (True,) * halvings + (False,) * 2)
    factors = _SHORT[steps] if steps in _SHORT else _large(steps)[::-1]
    return DiscriminatorPlan(tuple(channels * factor for factor in factors), (True,) * steps + (False,))


def attended(heights: Sequence[int], wanted: Sequence[int] | None, data: DataSpec) -> list[bool]:
    """Tell after which stages there is attention: the first that makes a map of each wanted height.

    Args:
        heights: Height of the map that each stage makes.
        wanted: Heights, or None for 64 where images are higher than that.
        data: The images.

    Raises:
        UserError: No map has such a height.
    """
    if wanted is None:
        wanted = [_PUBLISHED_ATTENTION] if data.shape[1] > _PUBLISHED_ATTENTION in heights else []
    for height in wanted:
        if height not in heights:
            known = ", ".join(str(one) for one in sorted(set(heights)))
            raise UserError(f"attention: no map of this network is {height} high; expected some of {known}")
    return [height in wanted and height not in heights[:index] for index, height in enumerate(heights)]


def _large(steps: int) -> tuple[int, ...]:
    most = max(_LARGE)
    return _LARGE[min(steps, most)] + (1,) * max(0, steps - most)
