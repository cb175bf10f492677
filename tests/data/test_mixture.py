import math

import pytest
import torch

from gan_lightning.data.mixture import Mixture
from gan_lightning.errors import UserError


def test_points_lie_around_the_centre_that_their_label_names(tmp_path):
    samples = Mixture(count=8000, radius=2.0, spread=0.1).load(tmp_path)
    centres = samples.facts["centres"]
    assert centres.shape == (8, 2)
    assert torch.allclose(centres.norm(dim=1), torch.full((8,), 2.0))
    offsets = samples.values - centres[samples.labels]
    assert offsets.std().item() == pytest.approx(0.1, rel=0.03)
    assert offsets.mean(0).abs().max() < 0.01
    assert samples.facts["spread"] == 0.1
    assert samples.spec.class_counts == (1000,) * 8
    assert samples.class_names[7] == "mode 7"
    assert samples.kind == "points"
    assert samples.values.dtype == torch.float32


def test_neighbours_on_a_ring_are_equally_far(tmp_path):
    centres = Mixture(modes=5, count=5).load(tmp_path).facts["centres"]
    gaps = (centres - centres.roll(1, 0)).norm(dim=1)
    assert torch.allclose(gaps, torch.full((5,), 2 * math.sin(math.pi / 5)), atol=1e-5)


def test_a_grid_reaches_from_minus_radius_to_radius(tmp_path):
    centres = Mixture("grid", modes=25, radius=4.0, count=25).load(tmp_path).facts["centres"]
    assert len({tuple(centre) for centre in centres.tolist()}) == 25
    assert sorted(set(centres[:, 0].tolist())) == [-4, -2, 0, 2, 4]
    assert sorted(set(centres[:, 1].tolist())) == [-4, -2, 0, 2, 4]


def test_seeds_are_repeatable_and_different(tmp_path):
    first, again, other = (Mixture(count=64, seed=seed).load(tmp_path) for seed in (0, 0, 1))
    assert torch.equal(first.values, again.values)
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "grid", "modes": 8}, "square number, got 8; the nearest are 4 and 9"),
        ({"modes": 0}, r"data\.modes"),
        ({"count": 3}, r"data\.count"),
        ({"spread": -1.0}, r"data\.spread"),
    ],
)
def test_impossible_mixtures_are_explained(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        Mixture(**options).load(tmp_path)


def test_one_mode_of_a_grid_is_in_the_middle(tmp_path):
    assert Mixture("grid", modes=1, count=1).load(tmp_path).facts["centres"].tolist() == [[0, 0]]
