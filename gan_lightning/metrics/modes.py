"""Modes of a mixture that a generator found, and how evenly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.metrics.checks import require_option, require_samples
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin


class ModeCoverage(Score):
    """How many modes of a known mixture are reached, how cleanly and how evenly.

    A sample is of high quality within `within` standard deviations of the nearest centre, and belongs to that mode
    (arXiv:1705.07761, section 4). ``mode_kl`` is KL(histogram of those samples over modes || uniform) in
    nats; without any such sample it is log K, its largest value. Data whose modes are told by a classifier count every
    sample.

    Args:
        within: Radius of a mode, in its standard deviations.
        floor: High-quality samples that a mode must get to be counted.

    Raises:
        UserError: If an option is out of range, or the data are no mixture; in `compute`, without samples.
    """

    origin = Origin("Srivastava et al., Reducing mode collapse using implicit variational learning", 2017, "1705.07761")
    sees: ClassVar[Literal["features", "logits", "samples"]] = "samples"
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {
        "modes": "higher",
        "high_quality": "higher",
        "mode_kl": "lower",
    }
    full_state_update = False
    hits: Tensor
    seen: Tensor

    def __init__(self, within: float = 3.0, floor: int = 1) -> None:
        super().__init__()
        require_option("within", within, 0.0)
        require_option("floor", floor, 1)
        self.within, self.floor = within, floor
        self._centres = self._spreads = torch.empty(0)
        self._mode_of: Callable[[Tensor], Tensor] | None = None
        self._count = 0
        # A scalar, because the data tell the number of modes: it broadcasts
        self.add_state("hits", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("seen", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def prepare(self, data: Samples, count: int) -> None:
        """Take what the data's facts tell of their modes.

        They are ``centres`` ``[K, D]`` and ``spread``, a standard deviation for all modes or ``[K]``; or ``mode_of``,
        a function from samples to modes int64 ``[N]``, and ``mode_count``, how many there are.
        """
        self._mode_of = data.facts.get("mode_of")
        if self._mode_of is not None:
            self._count = int(data.facts["mode_count"])
            return
        missing = {"centres", "spread"} - data.facts.keys()
        if missing:
            msg = (
                f"metric 'modes': {data.name} is no mixture, it has no {' and no '.join(sorted(missing))}; "
                "take data with known modes, or leave 'modes' out of evaluate.metrics"
            )
            raise UserError(msg)
        self._centres = torch.as_tensor(data.facts["centres"]).double()
        self._spreads = torch.as_tensor(data.facts["spread"]).double().expand(len(self._centres))
        self._count = len(self._centres)

    def update(self, view: Tensor, real: bool) -> None:  # noqa: FBT001
        """Count generated samples ``[N, ...]``; real ones play no part."""
        if real:
            return
        mode = self._mode_of(view) if self._mode_of is not None else self._nearest(view)
        self.hits = self.hits + torch.bincount(mode.to(self.hits.device), minlength=self._count)
        self.seen = self.seen + len(view)

    def _nearest(self, view: Tensor) -> Tensor:
        """Return the modes of the samples of high quality."""
        centres, spreads = self._centres.to(view.device), self._spreads.to(view.device)
        distances, nearest = torch.cdist(view.double(), centres).min(dim=1)
        return nearest[distances <= self.within * spreads[nearest]]

    def compute(self) -> dict[str, Tensor]:
        """Return ``modes`` (a count), ``high_quality`` (a share) and ``mode_kl`` (nats), float64 scalars."""
        require_samples("modes", 1, fake=int(self.seen))
        good = self.hits.sum()
        shares = self.hits.double() / good.clamp(min=1)
        evenness = -torch.special.xlogy(shares, shares).sum()
        return {
            "modes": (self.hits >= self.floor).sum().double(),
            "high_quality": good.double() / self.seen,
            "mode_kl": (math.log(len(self.hits)) - evenness).clamp(min=0),
        }

    def protocol(self) -> dict[str, Any]:
        """Return radius and floor."""
        return {"within": self.within, "floor": self.floor}
