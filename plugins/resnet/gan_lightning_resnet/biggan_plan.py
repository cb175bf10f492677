"""How wide the networks of BigGAN are at each size of image.

Widths are multiples of one number, ``channels``. Published networks for 32, 64, 128, 256 and 512 pixels are rows of
these tables; other sizes have the row of as many doublings.
"""

from __future__ import annotations

from gan_lightning.data.spec import DataSpec
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


def _large(steps: int) -> tuple[int, ...]:
    most = max(_LARGE)
    return _LARGE[min(steps, most)] + (1,) * max(0, steps - most)
