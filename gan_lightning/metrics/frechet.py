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

    @property
    def rank(self) -> int:
        """Most directions in which so many samples vary."""
        return min(self.count - 1, len(self.mean))

    def equals(self, other: Moments) -> bool:
        """Tell whether the number of samples and every bit of the covariance are the same."""
        return self.count == other.count and torch.equal(self.covariance, other.covariance)


class FrechetDistance(Score):
    """Squared Frechet distance of two Gaussians fitted to real and generated features, in squared feature units.

    FID = |m_r - m_g|^2 + tr(C_r + C_g - 2 (C_r C_g)^1/2)    (arXiv:1706.08500, equation 6)

    Only sums are kept, in float64: memory does not grow with the number of samples. While the real side stays the same,
    its covariance is decomposed once.

    Raises:
        UserError: In `compute`, if a feature is not finite or a set has fewer than 2 samples.
    """

    origin = Origin("Heusel et al., GANs trained by a two time-scale update rule", 2017, "1706.08500")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"fid": "lower"}
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self._known: tuple[Moments, Tensor] | None = None
        for side in ("real", "fake"):
            # scalars, because the first update tells the width: they broadcast
            self.add_state(f"{side}_sum", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_outer", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
            self.add_state(f"{side}_count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Add features ``[N, D]`` of real or generated samples."""
        side = "real" if real else "fake"
        rows = view.double()
        outer = getattr(self, f"{side}_outer")
        self._add(f"{side}_sum", rows.sum(dim=0))
        # A matrix that is there already takes the sum in place: at 2048 dimensions it has 32 MiB
        setattr(self, f"{side}_outer", outer.addmm_(rows.T, rows) if outer.ndim else outer + rows.T @ rows)
        self._add(f"{side}_count", torch.tensor(len(rows), device=rows.device))

    def compute(self) -> dict[str, Tensor]:
        """Return ``fid``, a float64 scalar."""
        real, fake = self._moments("real"), self._moments("fake")
        return {"fid": frechet_distance(real, fake, self._root_of(real))}

    def _root_of(self, real: Moments) -> Tensor:
        if self._known is None or not self._known[0].equals(real):
            self._known = real, covariance_root(real)
        return self._known[1]

    def _add(self, state: str, part: Tensor) -> None:
        setattr(self, state, getattr(self, state) + part)

    def _moments(self, side: str) -> Moments:
        total, outer, count = (getattr(self, f"{side}_{part}") for part in ("sum", "outer", "count"))
        require_samples("fid", 2, **{side: int(count)})
        require_finite("fid", total, outer)
        mean = total / count
        return Moments(mean, (outer - count * torch.outer(mean, mean)) / (count - 1), int(count))


def frechet_distance(real: Moments, fake: Moments, root: Tensor | None = None) -> Tensor:
    """Return the squared Frechet distance between two Gaussians, never below 0.

    Args:
        real: One of them.
        fake: The other.
        root: What `covariance_root` gives for `real`, if it is known.

    Raises:
        UserError: If a mean or a covariance is not finite.
    """
    require_finite("fid", real.mean, real.covariance, fake.mean, fake.covariance)
    spread = real.covariance.trace() + fake.covariance.trace()
    shared = trace_of_root(covariance_root(real) if root is None else root, fake)
    return ((real.mean - fake.mean).square().sum() + spread - 2 * shared).clamp(min=0)


def trace_of_root(root: Tensor, other: Moments) -> Tensor:
    """Return tr (L L^T C)^1/2 for a root L ``[D, R]`` and the covariance C of `other`, singular ones too.

    It is the sum of the roots of the eigenvalues of L^T C L. No more of them than C has directions are other than 0;
    the root of a rounding error is large, so the rest are left out.
    """
    spectrum = torch.linalg.eigvalsh(root.T @ other.covariance @ root)
    kept: Tensor = spectrum[-other.rank :].clamp(min=0).sqrt().sum()
    return kept


def covariance_root(moments: Moments) -> Tensor:
    """Return L ``[D, R]`` with L L^T the covariance, where R is the number of directions in which it varies."""
    covariance = moments.covariance
    limit = len(covariance) * torch.finfo(covariance.dtype).eps
    root: Tensor
    if moments.rank == len(covariance):
        root, failed = torch.linalg.cholesky_ex(covariance)
        pivots = root.diagonal().square()
        # Cholesky may get by where there are fewer directions, with rounding errors for the missing ones
        if not failed and pivots.min() > limit * pivots.max():
            return root
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > limit * values[-1].clamp(min=0)
    root = vectors[:, kept] * values[kept].sqrt()
    return root
