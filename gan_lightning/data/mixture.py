"""A mixture of Gaussians in the plane, where covered and lost modes can be counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import fingerprint
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness


@dataclass(frozen=True)
class Mixture(Dataset):
    """Points in 2-D around equally likely centres; a point's label is the index of its mode.

    ``Samples.facts`` holds ``"centres"``, float32 ``[modes, 2]``, and ``"spread"``.

    Args:
        layout: Centres on a circle or on a square grid.
        modes: Number of centres; a square number for a grid.
        radius: Radius of the circle, or half the side of the grid.
        spread: Standard deviation of each mode, in each direction.
        count: Number of points, shared out evenly among the modes.
        seed: Of the points.
    """

    layout: Literal["ring", "grid"] = "ring"
    modes: int = 8
    radius: float = 1.0
    spread: float = 0.02
    count: int = 50_000
    seed: int = 0

    origin: ClassVar[Origin | None] = Origin(
        "Metz et al., Unrolled Generative Adversarial Networks", 2016, arxiv="1611.02163"
    )

    def load(self, cache: Path) -> Samples:
        """Return the points; the cache is not needed.

        Raises:
            UserError: A grid is not square, there are fewer points than modes, or the spread is negative.
        """
        self._check()
        centres = _LAYOUTS[self.layout](self.modes) * self.radius
        labels = torch.arange(self.count) % self.modes
        noise = Randomness(self.seed).normal("mixture", self.count, 2)
        points = centres[labels] + self.spread * noise
        names = tuple(f"mode {index}" for index in range(self.modes))
        facts = {"centres": centres, "spread": self.spread}
        name = f"{self.layout} of {self.modes} Gaussians"
        return Samples(points, labels, name, fingerprint(points, labels), names, facts)

    def _check(self) -> None:
        if self.modes < 1:
            raise UserError(f"data.modes: expected 1 or more, got {self.modes}")
        if self.count < self.modes:
            raise UserError(f"data.count: expected a point for each of {self.modes} modes or more, got {self.count}")
        if self.spread < 0:
            raise UserError(f"data.spread: expected 0 or more, got {self.spread}")


def _ring(modes: int) -> Tensor:
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def _grid(modes: int) -> Tensor:
    side = math.isqrt(modes)
    if side * side != modes:
        raise UserError(
            f"data.modes: a grid needs a square number, got {modes}; the nearest are {side**2} and {(side + 1) ** 2}"
        )
    line = torch.linspace(-1, 1, side) if side > 1 else torch.zeros(1)
    return torch.cartesian_prod(line, line)


_LAYOUTS: dict[str, Callable[[int], Tensor]] = {"ring": _ring, "grid": _grid}
