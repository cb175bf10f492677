"""Precision, recall, density and coverage: is it real-looking, and is all of it there?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat

from gan_lightning.metrics.checks import require_finite, require_option, require_samples
from gan_lightning.metrics.distances import Shifted, centre, nearest, squared_distances
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin


class PrecisionRecallDensityCoverage(Score):
    """How far the neighbourhoods of real and of generated features overlap.

    A ball around a sample reaches to its k-th neighbour of the same set; inside means strictly nearer.
    precision: share of fakes inside a real ball; recall: share of reals inside a fake ball (arXiv:1904.06991).
    density: mean number of real balls around a fake, over k; coverage: share of real balls that hold a fake
    (arXiv:2002.09797). All lie in [0, 1] but density, which may exceed 1.

    Args:
        neighbours: k, not counting the sample itself.

    Raises:
        UserError: If `neighbours` is below 1; in `compute`, if a feature is not finite or a set has no more than
            `neighbours` samples.
    """

    origin = Origin("Naeem et al., Reliable fidelity and diversity metrics for generative models", 2020, "2002.09797")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = dict.fromkeys(
        ("precision", "recall", "density", "coverage"), "higher"
    )
    full_state_update = False
    real: list[Tensor]
    fake: list[Tensor]

    def __init__(self, neighbours: int = 5) -> None:
        super().__init__()
        require_option("neighbours", neighbours, 1)
        self.neighbours = neighbours
        self.add_state("real", [], dist_reduce_fx="cat")
        self.add_state("fake", [], dist_reduce_fx="cat")

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Keep features ``[N, D]`` of real or generated samples."""
        (self.real if real else self.fake).append(view)

    def compute(self) -> dict[str, Tensor]:
        """Return the four values, float64 scalars."""
        real, fake = (dim_zero_cat(side) if len(side) else torch.empty(0, 1) for side in (self.real, self.fake))
        require_samples("prdc", self.neighbours + 1, real=len(real), fake=len(fake))
        require_finite("prdc", real, fake)
        origin = centre(real)
        return _overlap(Shifted(real, origin), Shifted(fake, origin), self.neighbours)

    def protocol(self) -> dict[str, Any]:
        """Return the number of neighbours."""
        return {"neighbours": self.neighbours}


def _overlap(real: Shifted, fake: Shifted, neighbours: int) -> dict[str, Tensor]:
    # A sample is its own nearest neighbour, hence one more
    real_radii, fake_radii = (nearest(side, neighbours + 1)[:, -1] for side in (real, fake))
    balls_around_fake = torch.zeros_like(fake_radii)
    recalled, covered = (torch.zeros_like(real_radii, dtype=torch.bool) for _ in range(2))
    for rows, columns, distances in squared_distances(real, fake):
        inside = distances < real_radii[rows, None]
        balls_around_fake[columns] += inside.sum(dim=0)
        covered[rows] |= inside.any(dim=1)
        recalled[rows] |= (distances < fake_radii[columns]).any(dim=1)
    return {
        "precision": (balls_around_fake > 0).double().mean(),
        "recall": recalled.double().mean(),
        "density": balls_around_fake.mean() / neighbours,
        "coverage": covered.double().mean(),
    }
