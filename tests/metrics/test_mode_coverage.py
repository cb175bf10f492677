import math

import pytest
import torch

from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.metrics.modes import ModeCoverage

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def computed(points, spread=0.5, **options):
    score = ModeCoverage(**options)
    facts = {"centres": CENTRES, "spread": spread}
    score.prepare(Samples(torch.zeros(9, 2), None, "grid", "f", facts=facts), len(points))
    score.update(torch.full((3, 2), 5.0), real=True)
    for part in points.split(3):
        score.update(part, real=False)
    return {name: float(value) for name, value in score.compute().items()}


def test_every_mode_alike():
    assert computed(CENTRES.repeat(5, 1)) == {"modes": 4.0, "high_quality": 1.0, "mode_kl": pytest.approx(0.0)}


def test_distance_is_counted_in_standard_deviations():
    points = torch.tensor([[1.49, 0.0], [1.51, 0.0], [0.0, 10.0]])
    assert computed(points)["high_quality"] == pytest.approx(2 / 3)
    assert computed(points, spread=0.6)["high_quality"] == 1.0
    assert computed(points, within=1.0)["high_quality"] == pytest.approx(1 / 3)


def test_each_mode_may_have_its_own_spread():
    points = torch.tensor([[2.0, 0.0], [8.0, 0.0]])
    assert computed(points, spread=torch.tensor([1.0, 0.1, 0.1, 0.1])) == pytest.approx(
        {"modes": 1, "high_quality": 0.5, "mode_kl": math.log(4)}
    )


def test_uneven_modes_cost_nats():
    points = torch.cat([CENTRES[:1].repeat(3, 1), CENTRES[1:2]])
    expected = 0.75 * math.log(0.75 * 4) + 0.25 * math.log(0.25 * 4)
    assert computed(points)["mode_kl"] == pytest.approx(expected)


def test_a_mode_must_get_the_floor():
    points = torch.cat([CENTRES[:1].repeat(3, 1), CENTRES[1:3]])
    assert computed(points)["modes"] == 3
    assert computed(points, floor=2)["modes"] == 1


def test_nothing_of_high_quality_is_the_worst_there_is():
    assert computed(torch.full((6, 2), 5.0)) == {
        "modes": 0.0,
        "high_quality": 0.0,
        "mode_kl": pytest.approx(math.log(4)),
    }


def test_data_without_modes_are_refused():
    with pytest.raises(UserError, match="metric 'modes': digits is no mixture, it has no centres and no spread"):
        ModeCoverage().prepare(Samples(torch.zeros(9, 2), None, "digits", "f"), 9)
