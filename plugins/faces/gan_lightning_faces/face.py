"""What a decoder makes: a face and where it shows."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Face(NamedTuple):
    """A face and its mask.

    Args:
        colours: Images ``[N, C, H, W]`` in [-1, 1].
        mask: How much of them shows ``[N, 1, H, W]`` in [0, 1]; None for all of them.
    """

    colours: Tensor
    mask: Tensor | None

    def over(self, images: Tensor) -> Tensor:
        """Lay the face over images ``[N, C, H, W]``: mask * colours + (1 - mask) * images."""
        return self.colours if self.mask is None else images + self.mask * (self.colours - images)
