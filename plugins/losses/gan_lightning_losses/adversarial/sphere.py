"""The loss of Sphere GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Loss
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning_losses.adversarial.comparing import Comparing
from gan_lightning_losses.adversarial.vectors import positive_size, vectors

_HEAD = "sphere"


@dataclass(frozen=True)
class Sphere(Comparing, Loss):
    """Moments of the distance to the north pole, on the sphere that the discriminator's output is folded to.

    D: -sum_i E[d(x)^i] + sum_i E[d(y)^i]      G: -sum_i E[d(y)^i]      i = 1 ... `moments`

    with d the geodesic distance from the pole of real x and generated y: the discriminator takes real samples away from
    the pole (Park & Kwon 2019, CVPR). Inverse stereographic projection takes its output p to the point of
    height (|p|^2 - 1) / (|p|^2 + 1), whose distance is 2 arctan(1 / |p|), between 0 and pi: no arccos, whose slope is
    infinite at the pole. The loss is bounded, and needs no Lipschitz critic.

    Args:
        size: Length of p; the sphere has as many dimensions.
        moments: How many moments.

    Raises:
        UserError: No components, or no moments.
    """

    size: int = 1024
    moments: int = 3

    origin: ClassVar = Origin(
        "Park & Kwon, Sphere Generative Adversarial Network Based on Geometric Moment Matching",
        2019,
        descends_from=("wasserstein",),
        cures=("stability",),
    )

    def __post_init__(self) -> None:
        """Refuse a sphere without dimensions and a sum without terms."""
        positive_size(self.size)
        if self.moments < 1:
            raise UserError(f"loss.moments: expected at least 1, got {self.moments}")

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the output that is folded to the sphere."""
        del data
        return {_HEAD: self.size}

    def scores(self, critique: Critique) -> Tensor:
        """Return distances from the pole ``[N]``, in radians, high for real."""
        norms = torch.linalg.vector_norm(vectors(critique, _HEAD), dim=1)
        return 2.0 * torch.atan2(torch.ones_like(norms), norms)

    def discriminator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the discriminator's loss from outputs ``[N, size]`` and ``[M, size]``."""
        return self._sum(fake) - self._sum(real)

    def generator(self, real: Critique, fake: Critique) -> Tensor:
        """Return the generator's loss from outputs ``[M, size]``; `real` is not read."""
        del real
        return -self._sum(fake)

    def _sum(self, critique: Critique) -> Tensor:
        distances = self.scores(critique)
        return torch.stack([distances**order for order in range(1, self.moments + 1)]).sum(0).mean()
