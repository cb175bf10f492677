"""Penalties on scores and features against their formulas."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Constant, Linear, make_game, numbers, penalty, play, take_turn
from torch.nn.functional import relu

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError


def value(rule, turn):
    return float(rule(turn).detach())


def test_drift_is_the_mean_square_of_real_scores():
    turn = play(Linear(1.0), real=0.5, fake=100.0)
    turn.real = torch.tensor([1.0, 3.0])[:, None].expand(2, 4)
    assert value(penalty("drift"), turn) == pytest.approx((4.0**2 + 12.0**2) / 2)
    assert penalty("drift").weight == 0.001


def lecam_turn(real, fake):
    """Return a turn whose scores are 4 times these numbers."""
    return play(Linear(1.0), real=real, fake=fake)


def test_lecam_begins_with_the_means_of_the_batch():
    rule = penalty("lecam")
    assert value(rule, lecam_turn(0.5, -0.25)) == pytest.approx(2 * (2 + 1) ** 2), "r - E f, and E r - f"
    assert value(rule, lecam_turn(-0.5, 0.25)) == 0.0, "scores on the wrong side cost nothing"


def test_lecam_anchors_are_moving_averages():
    rule = penalty("lecam", decay=0.9)
    means = []
    for real, fake in ((0.5, -0.25), (1.0, 0.0), (-0.25, 0.75)):
        turn = lecam_turn(real, fake)
        rule(turn)
        rule.after_step(turn)
        means.append((4 * real, 4 * fake))
    anchors = torch.tensor(means[0])
    for mean in means[1:]:
        anchors = 0.9 * anchors + 0.1 * torch.tensor(mean)
    assert torch.allclose(rule.anchors, anchors)
    turn = lecam_turn(0.3, -0.3)
    expected = relu(1.2 - anchors[1]) ** 2 + relu(anchors[0] + 1.2) ** 2
    assert value(rule, turn) == pytest.approx(float(expected), rel=1e-5)


def test_lecam_ignores_turns_without_scores_and_scores_that_are_no_numbers():
    rule = penalty("lecam")
    rule.after_step(lecam_turn(1.0, 1.0))
    assert int(rule.steps) == 0
    broken = lecam_turn(float("nan"), 1.0)
    rule(broken)
    rule.after_step(broken)
    assert int(rule.steps) == 0
    assert rule.anchors.isfinite().all()


def test_lecam_keeps_no_graph_to_its_anchors():
    critic = Linear(1.0)
    rule = penalty("lecam")
    rule(play(critic, real=0.5, fake=-0.25)).backward()
    # (4 s/2 + 1)^2 + (2 + 4 s/4)^2 with anchors held at s = 1: derivatives 2 * 3 * 2 + 2 * 3 * 1
    assert float(critic.scale.grad) == pytest.approx(18.0)


def test_feature_matching_compares_means_not_samples():
    turn = take_turn(make_game(Linear(1.0), Affine()), numbers(6, 4), "generator")
    turn.fake = turn.real.flip(0).clone()
    assert value(penalty("feature_matching"), turn) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("distance", "expected"), [("squared", (1 + 4 + 9 + 0) / 4), ("absolute", (1 + 2 + 3 + 0) / 4)]
)
def test_distances_of_feature_matching(distance, expected):
    turn = take_turn(make_game(Linear(1.0), Affine()), torch.ones(6, 4), "generator")
    turn.fake = torch.tensor([2.0, -1.0, 4.0, 1.0]).expand(3, 4)
    assert value(penalty("feature_matching", distance=distance), turn) == pytest.approx(expected)


def test_pulling_away_is_the_mean_squared_cosine_of_different_samples():
    turn = take_turn(make_game(Linear(1.0), Affine()), torch.ones(4, 4), "generator")
    turn.fake = numbers(5, 4)
    pairs = [
        torch.cosine_similarity(turn.fake[i], turn.fake[j], dim=0) ** 2 for i in range(5) for j in range(5) if i != j
    ]
    assert value(penalty("pulling_away"), turn) == pytest.approx(float(torch.stack(pairs).mean()), rel=1e-5)


def test_pulling_away_of_orthogonal_and_of_equal_samples():
    turn = take_turn(make_game(Linear(1.0), Affine()), torch.ones(4, 4), "generator")
    turn.fake = torch.eye(4) * 7
    assert value(penalty("pulling_away"), turn) == pytest.approx(0.0, abs=1e-7)
    turn = take_turn(make_game(Linear(1.0), Constant(1.0)), torch.ones(4, 4), "generator")
    assert value(penalty("pulling_away"), turn) == pytest.approx(1.0)


def test_one_sample_cannot_be_pulled_away():
    turn = take_turn(make_game(Linear(1.0), Affine()), torch.ones(1, 4), "generator")
    with pytest.raises(UserError, match="at least 2"):
        penalty("pulling_away")(turn)


@pytest.mark.parametrize("name", ["feature_matching", "pulling_away"])
def test_a_discriminator_without_features_is_refused_by_name(name):
    critic = Linear(1.0)
    critic.forward = lambda samples, labels=None: Critique(samples.sum(1))
    turn = take_turn(make_game(critic, Affine()), torch.ones(4, 4), "generator")
    with pytest.raises(UserError, match=rf"penalties\.{name}: it reads features"):
        penalty(name)(turn)


@pytest.mark.parametrize("name", ["feature_matching", "pulling_away"])
def test_features_teach_the_generator_and_not_the_discriminator(name):
    torch.manual_seed(0)
    critic, generator = Bent(), Affine()
    penalty(name)(take_turn(make_game(critic, generator), numbers(6, 4), "generator")).backward()
    assert generator.map.weight.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in critic.parameters())
