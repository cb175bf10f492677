"""Numbers that change in training."""

import math

import pytest

from gan_lightning.errors import UserError
from gan_lightning.game import Progress
from gan_lightning.schedule import Binding, Schedule, is_schedule, parse_schedule


def _at(updates=0, images=0, steps=100):
    return Progress(updates, updates, images, steps)


@pytest.mark.parametrize(
    ("curve", "values"),
    [
        ("linear", [2.0, 3.0, 4.0, 6.0, 6.0]),
        ("cosine", [2.0, 4 - 2 * math.cos(math.pi / 4), 4.0, 6.0, 6.0]),
        ("step", [2.0, 2.0, 2.0, 6.0, 6.0]),
        ("exponential", [2.0, 2 * 3**0.25, 2 * 3**0.5, 6.0, 6.0]),
    ],
)
def test_curves_go_from_start_to_end_and_stay(curve, values):
    schedule = Schedule(curve, 2.0, 6.0, steps=20)
    assert [schedule(_at(updates)) for updates in (0, 5, 10, 20, 90)] == pytest.approx(values)


def test_a_schedule_may_count_images():
    schedule = Schedule("linear", 1.0, 0.0, images=400)
    assert schedule(_at(updates=1000, images=100)) == 0.75


def test_without_a_length_it_takes_the_whole_training():
    schedule = Schedule("linear", 0.0, 1.0)
    assert schedule(_at(25, steps=50)) == 0.5
    assert schedule(_at(25, steps=100)) == 0.25


@pytest.mark.parametrize("unit", ["images", "steps"])
def test_it_may_begin_later(unit):
    schedule = Schedule("linear", 0.0, 1.0, after=10, **{unit: 20})
    assert [schedule(_at(passed, passed)) for passed in (0, 10, 20, 30)] == [0.0, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "written",
    [
        {"cosine": {"from": 2e-4, "to": 5e-5, "images": 20e6, "after": 0.0}},
        {"linear": {"from": 0.0, "to": 10.0, "steps": 1000.0, "after": 500.0}},
        {"step": {"from": 1.0, "to": 0.0, "after": 0.0}},
    ],
)
def test_a_schedule_is_written_as_it_is_read(written):
    assert is_schedule(written)
    assert parse_schedule(written, "here").as_dict() == written


def test_whole_numbers_are_numbers():
    assert parse_schedule({"linear": {"from": 1, "to": 0, "steps": 5}}, "here") == Schedule("linear", 1.0, 0.0, steps=5)


@pytest.mark.parametrize("value", [0.1, {}, {"name": "r1"}, {"linear": 3}, {"a": {}, "b": {}}, [{"linear": {}}]])
def test_other_values_are_no_schedules(value):
    assert not is_schedule(value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"from": 1}, "here.linear: to must be given"),
        ({}, "here.linear: from and to must be given"),
        ({"from": 1, "to": 2, "images": 3, "steps": 4}, "here.linear: give images or steps, not both"),
        ({"from": 1, "to": 2, "stesp": 4}, "here.linear: unknown key 'stesp'; did you mean 'steps'?"),
        ({"from": True, "to": 2}, "here.linear.from: expected a number, got True"),
        ({"from": "1e-4", "to": 2}, "here.linear.from: expected a number, got '1e-4'"),
    ],
)
def test_a_wrong_schedule_is_refused(options, said):
    with pytest.raises(UserError) as caught:
        parse_schedule({"linear": options}, "here")
    assert str(caught.value).startswith(said)


def test_a_binding_hands_on_the_value_of_the_moment():
    seen = []
    Binding("here", Schedule("linear", 0.0, 1.0, steps=4), seen.append).apply(_at(3))
    assert seen == [0.75]


def test_after_counts_against_the_length_where_the_whole_training_is_meant():
    schedule = parse_schedule({"linear": {"from": 0.0, "to": 1.0, "after": 500}}, "lr")
    values = [schedule(Progress(updates, updates, 0, 1000)) for updates in (0, 500, 750, 1000)]
    assert values == pytest.approx([0.0, 0.0, 0.5, 1.0])


def test_the_first_gans_learning_rate_is_divided_by_the_same_number_in_each_update():
    schedule = parse_schedule({"exponential": {"from": 0.1, "to": 1e-6, "steps": 2_878_238}}, "lr")
    rates = [schedule(_at(updates)) for updates in (0, 1, 1000, 5_000_000)]
    assert rates == pytest.approx([0.1, 0.1 / 1.000004, 0.1 / 1.000004**1000, 1e-6], rel=1e-5)


@pytest.mark.parametrize("ends", [{"from": 1.0, "to": 0.0}, {"from": -1.0, "to": 1.0}])
def test_what_changes_by_a_factor_stays_above_zero(ends):
    with pytest.raises(UserError, match=r"^lr\.exponential: from and to must be above 0"):
        parse_schedule({"exponential": ends}, "lr")
