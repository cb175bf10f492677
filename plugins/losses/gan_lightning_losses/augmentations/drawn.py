"""What is drawn for the images of a batch: which transforms each gets, and how strong."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from gan_lightning.randomness import Randomness


class Drawn:
    """Strengths of transforms, 0 for the images that a transform is not applied to.

    Args:
        count: Images, N.
        p: Probability, a scalar.
        multipliers: Factor on `p` of each transform; those that are not in it are applied to no image.
        random: Where strengths are drawn from.
    """

    def __init__(self, count: int, p: Tensor, multipliers: Mapping[str, float], random: Randomness) -> None:
        self.count = count
        self.random = random
        self._p = p
        self._multipliers = multipliers

    def __contains__(self, name: str) -> bool:
        return name in self._multipliers

    def applied(self, name: str, *, use: str = "", uses: int = 1) -> Tensor:
        """Tell which images get a transform, bool ``[N, 1]``.

        Args:
            name: The transform.
            use: Which use of it, if there are several that are drawn one by one.
            uses: Uses that share the probability: each has 1 - (1 - p)^(1 / uses), so that p is that of any at all.
        """
        chance = (self._p * self._multipliers[name]).clamp(max=1.0)
        if uses > 1:
            chance = 1.0 - (1.0 - chance) ** (1.0 / uses)
        return self.random.uniform(f"{name}{use} applied", self.count, 1) < chance

    def normal(self, name: str, *, use: str = "", size: int = 1) -> Tensor:
        """Draw ``[N, size]`` standard normal numbers."""
        return torch.where(self.applied(name, use=use), self.random.normal(f"{name}{use}", self.count, size), 0.0)

    def symmetric(self, name: str, *, use: str = "", uses: int = 1, size: int = 1) -> Tensor:
        """Draw ``[N, size]`` numbers from [-1, 1)."""
        values = self.random.uniform(f"{name}{use}", self.count, size) * 2 - 1
        return torch.where(self.applied(name, use=use, uses=uses), values, 0.0)

    def integer(self, name: str, below: int) -> Tensor:
        """Draw ``[N, 1]`` whole numbers from 0 to `below` - 1, as floats."""
        return torch.where(self.applied(name), (self.random.uniform(name, self.count, 1) * below).floor(), 0.0)
