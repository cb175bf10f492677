"""After which maps networks of this family attend."""

from __future__ import annotations

from collections.abc import Sequence

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError

_PUBLISHED_ATTENTION = 64


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
