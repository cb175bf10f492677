"""Gradient penalties against closed forms on linear and quadratic critics."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Constant, Linear, Quadratic, make_game, numbers, penalty, play, take_turn
from gan_lightning_losses.penalties.input_gradients import input_gradients

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError

ALL = ["gradient_penalty", "r1", "r2", "zero_centered", "max_gp", "wgan_div", "dragan"]


def value(name, turn, **options):
    return float(penalty(name, **options)(turn).detach())


@pytest.mark.parametrize("scale", [0.2, 0.5, 2.0])
@pytest.mark.parametrize(
    ("name", "of_norm"),
    [
        ("gradient_penalty", lambda norm: (norm - 1) ** 2),
        ("dragan", lambda norm: (norm - 1) ** 2),
        ("zero_centered", lambda norm: norm**2),
        ("r1", lambda norm: norm**2),
        ("r2", lambda norm: norm**2),
        ("max_gp", lambda norm: norm**2),
        ("wgan_div", lambda norm: norm**6),
    ],
)
def test_a_linear_critic_has_one_norm_everywhere(name, of_norm, scale):
    """Value, and the derivative by the critic's weight: what is differentiated twice."""
    critic = Linear(scale)
    term = penalty(name)(play(critic))
    term.backward()
    assert float(term.detach()) == pytest.approx(of_norm(2 * scale), rel=1e-4, abs=1e-6)
    slope = (of_norm(2 * scale + 2e-4) - of_norm(2 * scale - 2e-4)) / 2e-4
    assert float(critic.scale.grad) == pytest.approx(slope, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_the_norm_is_taken_for_each_sample_not_for_the_batch(name):
    few, many = (value(name, play(Linear(2.0), count=count)) for count in (2, 32))
    assert few == pytest.approx(many)


@pytest.mark.parametrize("name", ALL)
def test_the_norm_is_over_all_axes_of_an_image(name):
    """D(x) = scale * sum(x) on 3x4x4 images has the norm scale * sqrt(48), which here is 1.

    A penalty to a target of 1 is 0 then, any other is 1.
    """
    critic = Linear(48**-0.5)
    game = make_game(critic, Constant(0.0), data=DataSpec((3, 4, 4)))
    turn = take_turn(game, torch.zeros(4, 3, 4, 4, dtype=torch.uint8))
    turn.fake = numbers(4, 3, 4, 4)
    assert value(name, turn) == pytest.approx(0.0 if name in ("gradient_penalty", "dragan") else 1.0, abs=1e-5)


@pytest.mark.parametrize(("scale", "expected"), [(0.2, 0.0), (2.0, 9.0)])
def test_a_one_sided_penalty_lets_small_norms_go(scale, expected):
    assert value("gradient_penalty", play(Linear(scale)), one_sided=True) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "of_norms"),
    [
        ("gradient_penalty", lambda norms: (norms - 1).square().mean()),
        ("zero_centered", lambda norms: norms.square().mean()),
        ("max_gp", lambda norms: norms.square().max()),
    ],
)
def test_interpolates_lie_between_real_and_fake(name, of_norms):
    """At x = a * real + (1 - a) * fake the quadratic critic's gradient is x: between 0 and 2 for points 0 and 1."""
    turn = play(Quadratic(1.0), real=1.0, fake=0.0, count=64)
    norms = 2 * turn.random.uniform(name, 64, 1)
    assert value(name, turn) == pytest.approx(float(of_norms(norms)), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"), [("r1", 9 * 1.0), ("r2", 9 * 16.0), ("wgan_div", (3.0**6 + 12.0**6) / 2)]
)
def test_where_a_quadratic_critic_is_looked_at(name, expected):
    """Real points have norm 1, generated ones norm 4, and the gradient is 3 x."""
    assert value(name, play(Quadratic(3.0), real=0.5, fake=2.0)) == pytest.approx(expected, rel=1e-5)


def test_the_power_of_wgan_div():
    assert value("wgan_div", play(Linear(1.5)), power=2.0) == pytest.approx(9.0)
    with pytest.raises(UserError, match=r"power: expected more than 1"):
        penalty("wgan_div", power=1.0)


def test_dragan_looks_around_the_data_as_far_as_they_spread():
    """Noise is U(0, 1) times half the deviation of the batch, and the quadratic critic's gradient is the point."""
    game = make_game(Quadratic(1.0), Constant(100.0))
    real = numbers(64, 4) * 3 + 1
    turn = take_turn(game, real)
    noise, share = turn.random.uniform("dragan noise", 64, 4), turn.random.uniform("dragan", 64, 1)
    around = real + share * 0.5 * real.std(correction=0) * noise
    assert value("dragan", turn) == pytest.approx(float((around.norm(dim=1) - 1).square().mean()), rel=1e-5)
    assert value("dragan", play(Quadratic(1.0), real=0.5)) == pytest.approx(0.0, abs=1e-9), "no spread, no noise"


@pytest.mark.parametrize("name", ALL)
def test_the_penalty_has_a_gradient_for_the_critic_and_none_for_the_generator(name):
    turn = play(Linear(2.0))
    penalty(name)(turn).backward()
    assert turn.game.networks["discriminator"].scale.grad.abs() > 0
    assert turn.game.networks["generator"].value.grad is None


def test_a_sample_s_gradient_does_not_depend_on_its_batch_mates():
    torch.manual_seed(0)
    turn = play(Bent())
    samples = numbers(6, 4)
    together = input_gradients(turn, samples, None, "real")
    alone = torch.cat([input_gradients(turn, samples[i : i + 1], None, "real") for i in range(6)])
    assert torch.allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_second_derivatives_agree_with_finite_differences(name):
    torch.manual_seed(0)
    critic = Bent().double()
    game = make_game(critic, Affine().double())
    turn = take_turn(game, numbers(4, 4).double())
    turn.fake = numbers(4, 4, seed=1).double()
    weight = critic.layers[0].weight
    (found,) = torch.autograd.grad(penalty(name)(turn), weight)
    step = numbers(*weight.shape, seed=2).double()
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.add_(sign * 1e-5 * step)
        values.append(value(name, turn))
        with torch.no_grad():
            weight.sub_(sign * 1e-5 * step)
    assert float((found * step).sum()) == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-10)


@pytest.mark.parametrize("name", ["gradient_penalty", "zero_centered", "max_gp"])
def test_unequal_batches_cannot_be_paired(name):
    turn = play(Linear(1.0))
    turn.batch = Batch(torch.ones(5, 4))
    turn.fake = torch.ones(3, 4)
    with pytest.raises(UserError, match=rf"penalties\.{name}: it pairs"):
        penalty(name)(turn)


@pytest.mark.parametrize("name", ALL)
def test_every_gradient_penalty_says_what_it_takes_for_granted(name):
    made = penalty(name)
    assert made.differentiates_twice
    assert made.per_sample


@pytest.mark.parametrize("name", ALL)
def test_half_precision_does_not_overflow(name):
    """Slopes of 300 have squares that float16 has no numbers for."""
    turn = play(Linear(150.0))
    turn.real, turn.fake = turn.real.half(), turn.fake.half()
    assert value(name, turn) == pytest.approx(value(name, play(Linear(150.0))), rel=1e-3)


def packed_turn():
    """Return a turn of a game in which pairs of points are judged as one, by a quadratic critic."""
    game = make_game(Quadratic(1.0), Affine(), pack=2)
    turn = take_turn(game, numbers(8, 4))
    turn.fake = numbers(8, 4, seed=1)
    return turn


def test_the_norm_of_a_pack_is_that_of_its_whole_gradient():
    """The quadratic critic's gradient is the pack itself."""
    packs = packed_turn().real.view(4, 8)
    assert value("r1", packed_turn()) == pytest.approx(float(packs.square().sum(1).mean()), rel=1e-5)


def test_points_between_packs_lie_on_one_line():
    turn = packed_turn()
    share = turn.random.uniform("gradient_penalty", 4, 1)
    between = share * turn.real.view(4, 8) + (1 - share) * turn.fake.view(4, 8)
    wanted = float((between.norm(dim=1) - 1).square().mean())
    assert value("gradient_penalty", turn) == pytest.approx(wanted, rel=1e-5)
