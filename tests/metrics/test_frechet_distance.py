import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_lightning.errors import UserError
from gan_lightning.metrics.frechet import FrechetDistance, Moments, frechet_distance


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
    assert ours(real, fake) == pytest.approx(torchmetrics_value(real, fake), rel=1e-9)


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


def by_singular_values(real, fake):
    """Another route, exact at any rank: tr (AB)^1/2 is the nuclear norm of the product of the centred samples."""
    centred = [(part - part.mean(0)) / (len(part) - 1) ** 0.5 for part in (real, fake)]
    shared = torch.linalg.svdvals(centred[0] @ centred[1].T).sum()
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    return float(gap + sum(part.square().sum() for part in centred) - 2 * shared)


@pytest.mark.parametrize(("real_count", "fake_count"), [(20, 500), (500, 20), (20, 30), (97, 97), (96, 500)])
def test_right_for_fewer_samples_than_dimensions(real_count, fake_count):
    real, fake = features(real_count, 96, 0), features(fake_count, 96, 1, shift=0.2)
    assert ours(real, fake) == pytest.approx(by_singular_values(real, fake), rel=1e-9)


@pytest.mark.parametrize("dead", [1, 30])
def test_right_where_enough_samples_vary_in_fewer_directions(dead):
    turn = torch.linalg.qr(features(96, 96, 5).sub(0.3)).Q
    real, fake = features(400, 96, 0), features(300, 96, 1, shift=0.2)
    real[:, :dead] = 0.5
    assert ours(real @ turn, fake @ turn) == pytest.approx(by_singular_values(real @ turn, fake @ turn), rel=1e-7)


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

    for decomposition in ("eigh", "eigvalsh", "cholesky_ex"):
        monkeypatch.setattr(torch.linalg, decomposition, forbidden)
    real, fake = features(50, 8, 0), features(50, 8, 1)
    fake[3, 2] = bad
    for sides in ((real, fake), (fake, real)):
        with pytest.raises(UserError, match="fid: the features hold NaN or infinity"):
            ours(*sides)
    moments = [Moments(part.mean(0), torch.cov(part.T), len(part)) for part in (real, fake)]
    with pytest.raises(UserError, match="NaN or infinity"):
        frechet_distance(*moments)


def test_the_real_side_is_decomposed_once_and_another_one_anew(monkeypatch):
    calls = []
    cholesky = torch.linalg.cholesky_ex
    monkeypatch.setattr(torch.linalg, "cholesky_ex", lambda matrix: calls.append(1) or cholesky(matrix))
    score, real, others = FrechetDistance(), features(60, 8, 0), features(70, 8, 4)
    for side, fake, decompositions in ((real, features(50, 8, 1), 1), (real, features(50, 8, 2), 1), (others, real, 2)):
        score.reset()
        score.update(side, real=True)
        score.update(fake, real=False)
        assert float(score.compute()["fid"]) == pytest.approx(by_singular_values(side, fake), rel=1e-9)
        assert len(calls) == decompositions


def test_what_a_score_is_given_is_left_alone():
    first, second = features(20, 8, 0), features(20, 8, 1)
    score = FrechetDistance()
    score.update(first, real=True)
    kept = score.real_outer.clone()
    copy = score.metric_state
    score.reset()
    score.update(second, real=True)
    assert torch.equal(copy["real_outer"], kept) and torch.equal(first, features(20, 8, 0))


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
