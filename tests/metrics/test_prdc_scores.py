import pytest
import torch
from prdc import compute_prdc

from gan_lightning.errors import UserError
from gan_lightning.metrics import distances as module
from gan_lightning.metrics.prdc import PrecisionRecallDensityCoverage


def features(count, seed, shift=0.0, width=24):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + shift


def computed(real, fake, neighbours=5):
    score = PrecisionRecallDensityCoverage(neighbours)
    for part in real.split(31):
        score.update(part, real=True)
    for part in fake.split(29):
        score.update(part, real=False)
    return {name: float(value) for name, value in score.compute().items()}


@pytest.mark.parametrize(("real_count", "fake_count"), [(150, 150), (211, 97), (80, 240)])
@pytest.mark.parametrize("neighbours", [1, 5])
@pytest.mark.parametrize("shift", [0.0, 0.35])
def test_equals_the_prdc_package(real_count, fake_count, neighbours, shift, capsys):
    real, fake = features(real_count, 0), features(fake_count, 1, shift) * 0.9
    expected = compute_prdc(real.double().numpy(), fake.double().numpy(), nearest_k=neighbours)
    assert computed(real, fake, neighbours) == pytest.approx(expected, rel=1e-4)


def test_tiles_change_nothing(monkeypatch):
    real, fake = features(150, 0), features(120, 1, 0.2)
    whole = computed(real, fake)
    monkeypatch.setattr(module, "_ROWS", 41)
    monkeypatch.setattr(module, "_COLUMNS", 4)  # fewer than there are neighbours
    assert computed(real, fake) == whole


def test_tiles_cover_every_pair_once(monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 41)
    monkeypatch.setattr(module, "_COLUMNS", 37)
    left, right = (module.Shifted(features(count, count).double(), torch.zeros(24)) for count in (150, 120))
    whole = torch.full((150, 120), torch.nan, dtype=torch.float64)
    for rows, columns, tile in module.squared_distances(left, right):
        assert tile.numel() <= 41 * 37 and whole[rows, columns].isnan().all()
        whole[rows, columns] = tile
    torch.testing.assert_close(whole, torch.cdist(left.features, right.features).square())


def test_features_far_from_the_origin_keep_their_distances():
    real, fake = features(100, 0).double(), features(100, 1, 0.2).double()
    assert computed(real + 1e6, fake + 1e6) == computed(real, fake)


def test_a_generator_that_makes_one_image_has_no_recall():
    real = features(100, 0)
    values = computed(real, real[:1].repeat(50, 1))
    assert values["precision"] == 1.0 and values["recall"] == 0.0 and values["coverage"] < 0.2


def test_samples_that_are_equal_are_at_no_distance():
    real = features(40, 0, width=64).repeat(8, 1)  # 8 copies of each: no ball of 5 neighbours has an inside
    assert computed(real, real.flip(0)) == {"precision": 0.0, "recall": 0.0, "density": 0.0, "coverage": 0.0}


def test_copies_of_the_reals_reach_everything():
    real = features(100, 0)
    values = computed(real, real.clone())
    assert (values["precision"], values["recall"], values["coverage"]) == (1.0, 1.0, 1.0)


def test_too_few_samples_and_nan_are_refused():
    with pytest.raises(UserError, match="5 fake samples are too few, expected at least 6"):
        computed(features(20, 0), features(5, 1))
    with pytest.raises(UserError, match="prdc: the features hold NaN"):
        computed(features(20, 0), features(20, 1) / 0)
