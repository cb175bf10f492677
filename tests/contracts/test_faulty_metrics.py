"""The conformance kit notices metrics that break what they promise: each here breaks one promise."""

from typing import ClassVar

import pytest
import torch

from gan_lightning.metrics.score import Score
from gan_lightning.testing import (
    check_metric,
)


class MeanGap(Score):
    """A sound metric: distance of the means."""

    better: ClassVar = {"gap": "lower"}
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.add_state("real", [], dist_reduce_fx="cat")
        self.add_state("fake", [], dist_reduce_fx="cat")

    def update(self, view, real):
        (self.real if real else self.fake).append(view)

    def compute(self):
        return {"gap": (torch.cat(self.real).mean(dim=0) - torch.cat(self.fake).mean(dim=0)).norm()}


class Renamed(MeanGap):
    """Promises another value."""

    better: ClassVar = {"distance": "lower"}


class Inverted(MeanGap):
    """Says that far is good."""

    better: ClassVar = {"gap": "higher"}


class Remembering(MeanGap):
    """Keeps samples when it is reset."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = []

    def update(self, view, real):
        if not real:
            self.kept.append(view)
        super().update(view, real)

    def compute(self):
        return {"gap": (torch.cat(self.real).mean(dim=0) - torch.cat(self.kept).mean(dim=0)).norm()}


class Batchwise(MeanGap):
    """Averages batches of different sizes alike."""

    def compute(self):
        real, fake = (torch.stack([part.mean(dim=0).square() for part in side]) for side in (self.real, self.fake))
        return {"gap": (real.mean(dim=0) - 0.9 * fake.mean(dim=0)).norm()}


class Drawing(MeanGap):
    """Shuffles with torch's global stream."""

    def compute(self):
        torch.randperm(3)
        return super().compute()


METRICS = {
    Renamed: r"gives the values it names: `better` names \['distance'\], `compute` returns \['gap'\]",
    Inverted: "prefers good samples: gap",
    Remembering: "forgets when it is reset: after reset it gives gap",
    Batchwise: "does not mind how samples come: in one batch it gives gap",
    Drawing: "leaves global random state alone: it draws from torch's global stream",
}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.__name__)
def test_faulty_metrics_are_caught(metric):
    check_metric(MeanGap)
    with pytest.raises(AssertionError, match=METRICS[metric]):
        check_metric(metric)
