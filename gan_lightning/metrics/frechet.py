"""The Frechet distance between two sets of features, known as FID on Inception's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.metrics.checks import require_finite, require_samples
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class Moments:
    """Mean ``[D]``, unbiased covariance ``[D, D]`` and number of samples of a set of features, in float64."""

    mean: Tensor
    covariance: Tensor
    count: int


class FrechetDistance(Score):
    """Squared Frechet distance of two Gaussians fitted to real and generated features, in squared feature units.

    FID = |m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^1/2)    (arXiv:1706.08500, equation 6)

    Only sums are kept, in float64: memory does not grow with the number of samples.

    Raises:
        UserError: In `compute`, if a feature is not finite or a set has fewer than 2 samples.
    """

    origin = Origin("Heusel et al., GANs trained by a two time-scale update rule", 2017, "1706.08500")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"fid": "lower"}
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        for side in ("real", "fake"):
            # scalars, because the first update tells the width: they broadcast
            self.add_state(f"{side}_sum", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_outer", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Add features ``[N, D]`` of real or generated samples."""
        side = "real" if real else "fake"
        rows = view.double()
        self._add(f"{side}_sum", rows.sum(dim=0))
        self._add(f"{side}_outer", rows.T @ rows)
        self._add(f"{side}_count", torch.tensor(len(rows), device=rows.device))

    def compute(self) -> dict[str, Tensor]:
        """Return ``fid``, a float64 scalar."""
        return {"fid": frechet_distance(self._moments("real"), self._moments("fake"))}

    def _add(self, state: str, part: Tensor) -> None:
        setattr(self, state, getattr(self, state) + part)

    def _moments(self, side: str) -> Moments:
        total, outer, count = (getattr(self, f"{side}_{part}") for part in ("sum", "outer", "count"))
        require_samples("fid", 2, **{side: int(count)})
        require_finite("fid", total, outer)
        mean = total / count
        return Moments(mean, (outer - count * torch.outer(mean, mean)) / (count - 1), int(count))


def frechet_distance(real: Moments, fake: Moments) -> Tensor:
    """Return the squared Frechet distance between two Gaussians, never below 0."""
    # The smaller set has the smaller rank, and the whole trace lives within it
    small, large = sorted((real, fake), key=lambda moments: moments.count)
    spread = real.covariance.trace() + fake.covariance.trace()
    shared = trace_of_root(small.covariance, large.covariance)
    return ((real.mean - fake.mean).square().sum() + spread - 2 * shared).clamp(min=0)


def trace_of_root(first: Tensor, second: Tensor) -> Tensor:
    """Return tr (AB)^1/2 of two covariances ``[D, D]``, singular ones too.

    With A = L L^T it is the trace of the root of the symmetric L^T B L. Directions in which A does not vary beyond
    rounding are left out of L, so that a rank below D costs time and accuracy of neither decomposition.
    """
    values, vectors = torch.linalg.eigh(first)
    kept = values > values[-1] * len(values) * torch.finfo(values.dtype).eps
    kept &= values > 0
    root = vectors[:, kept] * values[kept].sqrt()
    spectrum: Tensor = torch.linalg.eigvalsh(root.T @ second @ root)
    return spectrum.clamp(min=0).sqrt().sum()
