"""Consistency penalties, and the transforms they are taken over."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Constant, Linear, make_game, numbers, penalty, play, take_turn
from gan_lightning_losses.penalties.image_transforms import flip_and_shift
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness

RANDOM = Randomness(0).at("test")
IMAGES = DataSpec((1, 8, 8))


class Corner(nn.Module):
    """D(x) is the top left pixel."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, samples, labels=None):
        return Critique(self.scale * samples[:, 0, 0, 0])


class Noise(nn.Module):
    """Turns 64 latents into an image."""

    latent_shape = (64,)

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, latents, labels=None):
        return self.scale * latents.view(-1, 1, 8, 8)


def image_turn(critic, count=64, **options):
    images = torch.randint(0, 256, (count, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return take_turn(make_game(critic, Noise(), data=IMAGES, **options), images)


def test_shifts_and_flips_of_a_ramp():
    """Every transform of 0..7 is 0..7 or 7..0, moved by at most one column, with its edge mirrored."""
    ramp = torch.arange(8.0).expand(256, 1, 8, 8)
    rows = {tuple(row) for row in flip_and_shift(ramp, RANDOM, 0.125)[:, 0, 3].int().tolist()}
    right, same, left = (1, 0, 1, 2, 3, 4, 5, 6), tuple(range(8)), (1, 2, 3, 4, 5, 6, 7, 6)
    assert rows == {right, same, left, right[::-1], same[::-1], left[::-1]}


def test_rows_are_shifted_and_never_flipped():
    ramp = torch.arange(8.0)[:, None].expand(256, 1, 8, 8)
    columns = {tuple(column) for column in flip_and_shift(ramp, RANDOM, 0.125)[:, 0, :, 3].int().tolist()}
    assert columns == {(1, 0, 1, 2, 3, 4, 5, 6), tuple(range(8)), (1, 2, 3, 4, 5, 6, 7, 6)}


def test_no_reach_leaves_only_flips():
    images = numbers(64, 2, 5, 7)
    moved = flip_and_shift(images, RANDOM, 0.0)
    same = (moved == images).flatten(1).all(1)
    flipped = (moved == images.flip(3)).flatten(1).all(1)
    assert bool((same | flipped).all())
    assert 16 < int(flipped.sum()) < 48


def test_consistency_is_the_mean_squared_change_of_the_score():
    turn = image_turn(Corner())
    moved = flip_and_shift(turn.real, turn.random.at("consistency", "real"), 0.125)
    expected = (turn.real - moved)[:, 0, 0, 0].square().mean()
    found = penalty("consistency")(turn)
    assert float(found.detach()) == pytest.approx(float(expected), rel=1e-5)
    found.backward()
    assert float(turn.game.networks["discriminator"].scale.grad) == pytest.approx(2 * float(expected), rel=1e-5)


def test_a_score_that_heeds_no_place_costs_nothing():
    """The sum of all pixels is the same after a flip; without a shift, nothing else moves."""
    assert float(penalty("consistency", shift=0.0)(image_turn(Linear(1.0))).detach()) == pytest.approx(0.0, abs=1e-6)


def test_balanced_consistency_weighs_its_sides():
    turn = image_turn(Corner())
    both, real, fake = (
        float(penalty("balanced_consistency", real=a, fake=b)(turn).detach()) for a, b in ((1, 1), (1, 0), (0, 1))
    )
    assert real == pytest.approx(float(penalty("consistency")(turn).detach()))
    assert both == pytest.approx(real + fake)
    moved = flip_and_shift(turn.fake, turn.random.at("consistency", "fake"), 0.125)
    assert fake == pytest.approx(float((turn.fake - moved)[:, 0, 0, 0].square().mean()), rel=1e-5)


def test_balanced_consistency_is_not_paid_twice():
    rules = {name: penalty(name) for name in ("consistency", "balanced_consistency")}
    with pytest.raises(UserError, match=r"balanced_consistency: it cannot be played with consistency"):
        make_game(Corner(), Noise(), rules, data=IMAGES)


@pytest.mark.parametrize("name", ["consistency", "balanced_consistency"])
def test_points_have_no_flips(name):
    with pytest.raises(UserError, match="the data are points"):
        penalty(name)(play(Linear(1.0)))


def test_latent_consistency_of_linear_networks():
    """D(G(z + d)) - D(G(z)) = sum(W d)."""
    generator = Affine()
    turn = take_turn(make_game(Linear(1.0), generator), torch.ones(8, 4))
    step = 0.05 * turn.random.normal("latent step", 8, 4)
    expected = generator(step).sum(1).square().mean()
    assert float(penalty("latent_consistency")(turn).detach()) == pytest.approx(float(expected), rel=1e-4)


def test_latent_spread_is_a_reward_for_the_generator():
    generator = Affine()
    turn = take_turn(make_game(Bent(), generator), torch.ones(8, 4), "generator")
    step = 0.1 * turn.random.normal("latent step", 8, 4)
    found = penalty("latent_spread", std=0.1)(turn)
    assert float(found.detach()) == pytest.approx(-float(generator(step).detach().square().mean()), rel=1e-4)
    found.backward()
    assert float((generator.map.weight.grad * generator.map.weight.detach()).sum()) < 0, "descent makes the map steeper"


def test_latent_consistency_teaches_the_discriminator_only():
    torch.manual_seed(0)
    critic, generator = Bent(), Affine()
    penalty("latent_consistency")(take_turn(make_game(critic, generator), torch.ones(8, 4))).backward()
    assert critic.layers[0].weight.grad.abs().sum() > 0
    assert generator.map.weight.grad is None


def test_a_generator_that_ignores_its_latent_pays_and_gains_nothing():
    turn = take_turn(make_game(Bent(), Constant(1.0)), torch.ones(8, 4))
    assert float(penalty("latent_consistency")(turn).detach()) == 0.0
    assert float(penalty("latent_spread")(turn).detach()) == 0.0
