import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_lightning.errors import UserError
from gan_lightning.metrics.frechet import FrechetDistance


def features(count, width, seed, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(width, width, generator=torch.Generator().manual_seed(99), dtype=torch.float64) / width**0.5
    return (torch.randn(count, width, generator=generator, dtype=torch.float64) @ mixing + shift).relu()


def ours(real, fake, batch=37):
    score = FrechetDistance()
    for part in real.split(batch):
        score.update(part, real=True)
    for part in fake.split(batch):
        score.update(part, real=False)
    return float(score.compute()["fid"])


def torchmetrics_value(real, fake):
    network = nn.Identity()
    network.num_features = real.shape[1]
    metric = FrechetInceptionDistance(feature=network)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    return float(metric.compute())


@pytest.mark.parametrize(("real_count", "fake_count"), [(400, 300), (300, 400)])
def test_equals_torchmetrics_on_the_same_features(real_count, fake_count):
    real, fake = features(real_count, 64, 0), features(fake_count, 64, 1, shift=0.3)
    assert ours(real, fake) == pytest.approx(torchmetrics_value(real, fake), rel=1e-6)


def test_equals_torch_fidelity_and_the_matrix_square_root():
    real, fake = features(400, 64, 0), features(300, 64, 1, shift=0.3)
    fidelity = fid_statistics_to_metric(
        fid_features_to_statistics(real), fid_features_to_statistics(fake), verbose=False
    )["frechet_inception_distance"]
    first, second = (np.cov(part.numpy(), rowvar=False) for part in (real, fake))
    gap = real.mean(0) - fake.mean(0)
    root = float(np.trace(np.real(scipy.linalg.sqrtm(first @ second))))
    by_scipy = float(gap.square().sum()) + np.trace(first) + np.trace(second) - 2 * root
    assert ours(real, fake) == pytest.approx(fidelity, rel=1e-4)
    assert ours(real, fake) == pytest.approx(by_scipy, rel=1e-4)


@pytest.mark.parametrize(("real_count", "fake_count"), [(20, 500), (500, 20), (20, 30)])
def test_right_for_fewer_samples_than_dimensions(real_count, fake_count):
    real, fake = features(real_count, 96, 0), features(fake_count, 96, 1, shift=0.2)
    # tr (AB)^1/2 is the nuclear norm of the product of the centred samples: another route, exact at any rank
    centred = [(part - part.mean(0)) / (len(part) - 1) ** 0.5 for part in (real, fake)]
    shared = torch.linalg.svdvals(centred[0] @ centred[1].T).sum()
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    expected = gap + sum(part.square().sum() for part in centred) - 2 * shared
    assert ours(real, fake) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("count", [20, 400])
def test_identical_sets_are_at_no_distance(count):
    real = features(count, 96, 0)
    assert ours(real, real) == pytest.approx(0.0, abs=1e-8)


def test_constant_features_leave_the_distance_of_the_means():
    assert ours(torch.zeros(8, 4), torch.full((9, 4), 2.0)) == pytest.approx(16.0)


def test_memory_does_not_grow_with_the_samples():
    score = FrechetDistance()
    for seed in range(3):
        score.update(features(50, 8, seed), real=True)
    assert {name: tuple(state.shape) for name, state in score.metric_state.items() if name.startswith("real")} == {
        "real_sum": (8,),
        "real_outer": (8, 8),
        "real_count": (),
    }


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_non_finite_features_are_refused_before_linear_algebra(bad, monkeypatch):
    def forbidden(*_):
        raise AssertionError("linear algebra was reached")

    monkeypatch.setattr(torch.linalg, "eigh", forbidden)
    monkeypatch.setattr(torch.linalg, "eigvalsh", forbidden)
    fake = features(50, 8, 1)
    fake[3, 2] = bad
    with pytest.raises(UserError, match="NaN or infinity"):
        ours(features(50, 8, 0), fake)


def test_one_sample_is_too_few():
    with pytest.raises(UserError, match="1 fake samples are too few, expected at least 2"):
        ours(features(5, 4, 0), features(1, 4, 1))


def test_states_of_two_processes_add_up():
    real, fake = features(60, 8, 0), features(60, 8, 1)
    parts = [FrechetDistance(), FrechetDistance()]
    for rank, part in enumerate(parts):
        part.update(real[rank::2], real=True)
        part.update(fake[rank::2], real=False)
    parts[0].merge_state(parts[1])
    assert float(parts[0].compute()["fid"]) == pytest.approx(ours(real, fake), rel=1e-9)
