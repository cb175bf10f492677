import math

import pytest
import torch
from torch import nn
from torchmetrics.image.inception import InceptionScore as Reference

from gan_lightning.errors import UserError
from gan_lightning.metrics import inception_score
from gan_lightning.metrics.inception_score import InceptionScore


def logits(count, seed=0, scale=3.0):
    return scale * torch.randn(count, 10, generator=torch.Generator().manual_seed(seed))


def computed(values, **options):
    score = InceptionScore(**options)
    score.update(torch.full((5, 10), float("nan")), real=True)
    for part in values.split(7):
        score.update(part, real=False)
    return {name: float(value) for name, value in score.compute().items()}


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save all")
def test_equals_torchmetrics_for_the_same_order(monkeypatch):
    values = logits(95)
    reference = Reference(feature=nn.Identity(), splits=10)
    reference.update(values.double())
    order = inception_score.shuffle(95)
    monkeypatch.setattr(torch, "randperm", lambda count: order)
    mean, deviation = reference.compute()
    monkeypatch.undo()
    ours = computed(values)
    assert ours["is"] == pytest.approx(float(mean), rel=1e-9)
    assert ours["is_std"] == pytest.approx(float(deviation), rel=1e-9)


def test_sure_and_even_predictions_score_the_number_of_classes():
    certain = 2000.0 * torch.eye(10).repeat(5, 1)  # probabilities underflow to 0 and must not become NaN
    assert computed(certain, splits=1) == {"is": pytest.approx(10.0), "is_std": 0.0}


def test_one_class_alone_scores_one():
    assert computed(torch.eye(10)[:1].repeat(40, 1) * 50, splits=2)["is"] == pytest.approx(1.0)


def test_sorted_samples_are_shuffled_before_they_are_split():
    by_class = (50.0 * torch.eye(10)).repeat_interleave(20, dim=0)
    assert computed(by_class)["is"] > 7  # each split of unshuffled samples would hold a single class and score 1


def test_the_global_stream_is_left_alone():
    before = torch.get_rng_state()
    first = computed(logits(50))
    assert torch.equal(before, torch.get_rng_state())
    torch.rand(1)
    assert computed(logits(50)) == first and math.isfinite(first["is"])


def test_fewer_samples_than_splits_are_refused():
    with pytest.raises(UserError, match="9 fake samples are too few, expected at least 10"):
        computed(logits(9))
