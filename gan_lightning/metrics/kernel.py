"""The kernel distance between two sets of features, known as KID on Inception's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat

from gan_lightning.data.samples import Samples
from gan_lightning.metrics.checks import require_finite, require_option, require_samples
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

_ROWS = 1024  # rows and columns of a kernel matrix that are held at once


class KernelDistance(Score):
    """Squared maximum mean discrepancy under a polynomial kernel, mean and deviation over random subsets.

    KID = mean over subsets of the unbiased MMD^2 with k(x, y) = (x.y / D + 1)^degree    (arXiv:1801.01401, section 4).
    It may be slightly negative. The subsets are the same at every call, so equal features have equal scores.
    Features are kept as they come; the kernel is evaluated in float64, part by part.

    Args:
        degree: Degree of the kernel.
        subsets: Number of subsets drawn, without replacement within each.
        subset_size: Samples in a subset; clipped to the number of samples there are, which the protocol states.

    Raises:
        UserError: If an option is below 1; in `compute`, if a feature is not finite or a set has fewer than 2 samples.
    """

    origin = Origin("Binkowski et al., Demystifying MMD GANs", 2018, "1801.01401")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"kid": "lower", "kid_std": "lower"}
    full_state_update = False
    real: list[Tensor]
    fake: list[Tensor]

    def __init__(self, degree: int = 3, subsets: int = 100, subset_size: int = 1000) -> None:
        super().__init__()
        require_option("degree", degree, 1)
        require_option("subsets", subsets, 1)
        require_option("subset_size", subset_size, 2)
        self.degree, self.subsets, self.subset_size = degree, subsets, subset_size
        self._used = subset_size
        self.add_state("real", [], dist_reduce_fx="cat")
        self.add_state("fake", [], dist_reduce_fx="cat")

    def prepare(self, data: Samples, count: int) -> None:
        """Clip the subsets to `count` samples of each side, or fewer reals."""
        self._used = min(self.subset_size, len(data), count)

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Keep features ``[N, D]`` of real or generated samples."""
        (self.real if real else self.fake).append(view)

    def compute(self) -> dict[str, Tensor]:
        """Return ``kid`` and ``kid_std``, float64 scalars."""
        real, fake = (dim_zero_cat(side) if len(side) else torch.empty(0, 1) for side in (self.real, self.fake))
        require_samples("kid", 2, real=len(real), fake=len(fake))
        require_finite("kid", real, fake)
        self._used = min(self.subset_size, len(real), len(fake))
        values = self._discrepancies(real, fake)
        return {"kid": values.mean(), "kid_std": values.std(correction=0)}

    def protocol(self) -> dict[str, Any]:
        """Return the options, with the subset size that is used."""
        return {"degree": self.degree, "subsets": self.subsets, "subset_size": self._used}

    def _discrepancies(self, real: Tensor, fake: Tensor) -> Tensor:
        picks = [(self._pick("real", i, len(real)), self._pick("fake", i, len(fake))) for i in range(self.subsets)]
        # Whichever evaluates the kernel less often; both give the same values
        if max(len(real), len(fake)) ** 2 <= self.subsets * self._used**2:
            return discrepancies_from_whole_kernel(real, fake, picks, self.degree)
        return discrepancies_one_by_one(real, fake, picks, self.degree)

    def _pick(self, side: str, subset: int, count: int) -> Tensor:
        generator = Randomness(seed=0).generator("kid", side, subset)
        return torch.randperm(count, generator=generator)[: self._used]


def discrepancies_one_by_one(real: Tensor, fake: Tensor, picks: list[tuple[Tensor, Tensor]], degree: int) -> Tensor:
    """Return the unbiased MMD^2 of each pair of subsets, from a kernel matrix of its own."""
    from torchmetrics.image.kid import poly_mmd

    pairs = ((real[ours].double(), fake[theirs].double()) for ours, theirs in picks)
    return torch.stack([poly_mmd(ours, theirs, degree) for ours, theirs in pairs])


def discrepancies_from_whole_kernel(
    real: Tensor, fake: Tensor, picks: list[tuple[Tensor, Tensor]], degree: int
) -> Tensor:
    """Return the same from one pass over the kernel of all samples: the sum over a subset s of K is s^T K s."""
    size = len(picks[0][0])
    in_real = _membership(len(real), [ours for ours, _ in picks]).to(real.device)
    in_fake = _membership(len(fake), [theirs for _, theirs in picks]).to(fake.device)
    within = _off_diagonal(real, in_real, degree) + _off_diagonal(fake, in_fake, degree)
    across = _sums(real, fake, in_real, in_fake, degree)
    return within / (size * (size - 1)) - 2 * across / size**2


def _membership(count: int, picks: list[Tensor]) -> Tensor:
    return torch.zeros(count, len(picks), dtype=torch.float64).scatter_(0, torch.stack(picks, dim=1), 1.0)


def _off_diagonal(rows: Tensor, members: Tensor, degree: int) -> Tensor:
    squares = torch.cat([part.double().square().sum(dim=1) for part in torch.split(rows, _ROWS)])
    return _sums(rows, rows, members, members, degree) - (squares / rows.shape[1] + 1.0) ** degree @ members


def _sums(left: Tensor, right: Tensor, in_left: Tensor, in_right: Tensor, degree: int) -> Tensor:
    total = torch.zeros(in_left.shape[1], dtype=in_left.dtype, device=left.device)
    for rows, members in zip(torch.split(left, _ROWS), torch.split(in_left, _ROWS), strict=True):
        scaled = rows.double() / rows.shape[1]
        for columns, others in zip(torch.split(right, _ROWS), torch.split(in_right, _ROWS), strict=True):
            kernel = (scaled @ columns.double().T).add_(1.0).pow_(degree)
            total += (members * (kernel @ others)).sum(dim=0)
    return total
