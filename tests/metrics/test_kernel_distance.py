import pytest
import torch
from torch import nn
from torchmetrics.image.kid import KernelInceptionDistance

from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.metrics import kernel
from gan_lightning.metrics.kernel import KernelDistance


def features(count, seed, shift=0.0):
    return torch.randn(count, 16, generator=torch.Generator().manual_seed(seed)) + shift


def computed(real, fake, **options):
    score = KernelDistance(**options)
    for part in real.split(13):
        score.update(part, real=True)
    for part in fake.split(17):
        score.update(part, real=False)
    return score, {name: float(value) for name, value in score.compute().items()}


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save all")
def test_equals_torchmetrics_where_the_only_subset_is_everything():
    real, fake = features(60, 0), features(60, 1, 0.5)
    metric = KernelInceptionDistance(feature=nn.Identity(), subsets=1, subset_size=60)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    _, values = computed(real, fake, subsets=3, subset_size=60)
    assert values["kid"] == pytest.approx(float(metric.compute()[0]), rel=1e-9)
    assert values["kid_std"] == pytest.approx(0.0, abs=1e-12)


def test_the_deviation_is_that_of_the_subsets_drawn():
    real, fake = features(50, 0).double(), features(70, 1, 0.5).double()
    score, values = computed(real, fake, subsets=4, subset_size=20)
    picks = [(score._pick("real", i, 50), score._pick("fake", i, 70)) for i in range(4)]
    subsets = kernel.discrepancies_one_by_one(real, fake, picks, 3)
    assert values["kid"] == pytest.approx(float(subsets.mean()))
    assert values["kid_std"] == pytest.approx(float((subsets - subsets.mean()).square().mean().sqrt()))


@pytest.mark.parametrize("degree", [1, 3])
def test_both_ways_to_sum_the_kernel_agree(degree, monkeypatch):
    monkeypatch.setattr(kernel, "_ROWS", 16)
    real, fake = features(50, 0).double(), features(70, 1, 0.5).double()
    generator = torch.Generator().manual_seed(5)
    picks = [tuple(torch.randperm(n, generator=generator)[:20] for n in (50, 70)) for _ in range(6)]
    whole = kernel.discrepancies_from_whole_kernel(real, fake, picks, degree)
    torch.testing.assert_close(whole, kernel.discrepancies_one_by_one(real, fake, picks, degree))


def test_the_cheaper_way_is_chosen(monkeypatch):
    def forbidden(*_):
        raise AssertionError("the dearer way was chosen")

    real, fake = features(200, 0), features(150, 1)
    monkeypatch.setattr(kernel, "discrepancies_from_whole_kernel", forbidden)
    computed(real, fake, subsets=2, subset_size=10)
    monkeypatch.undo()
    monkeypatch.setattr(kernel, "discrepancies_one_by_one", forbidden)
    computed(real, fake, subsets=50, subset_size=100)


def test_equal_distributions_score_near_zero_and_shifted_ones_do_not():
    _, near = computed(features(200, 0), features(200, 1), subset_size=100)
    _, far = computed(features(200, 0), features(200, 1, 1.0), subset_size=100)
    assert abs(near["kid"]) < 0.1 < far["kid"]
    assert near["kid_std"] > 0


def test_subsets_do_not_touch_the_global_stream_and_repeat():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    _, first = computed(features(100, 0), features(100, 1), subset_size=30)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(4)
    assert computed(features(100, 0), features(100, 1), subset_size=30)[1] == first


def test_the_protocol_states_the_clipped_subset():
    data = Samples(torch.zeros(80, 2), None, "points", "f")
    score = KernelDistance()
    score.prepare(data, 200)
    assert score.protocol() == {"degree": 3, "subsets": 100, "subset_size": 80}
    score, _ = computed(features(40, 0), features(60, 1))
    assert score.protocol()["subset_size"] == 40


def test_refuses_nan_features_and_bad_options():
    with pytest.raises(UserError, match="kid: the features hold NaN"):
        computed(features(40, 0), features(40, 1) * float("nan"))
    with pytest.raises(UserError, match=r"subsets is 0, expected at least 1"):
        KernelDistance(subsets=0)
    with pytest.raises(UserError, match="0 fake samples are too few"):
        computed(features(40, 0), features(0, 1))
