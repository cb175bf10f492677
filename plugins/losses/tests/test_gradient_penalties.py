"""Gradient penalties against closed forms on linear and quadratic critics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame

CATALOG = Catalog.installed()


class Linear(nn.Module):
    """D(x) = scale * sum(x): every sample's gradient has norm scale * sqrt(D)."""

    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(float(scale)))

    def forward(self, samples, labels=None):
        return Critique(self.scale * samples.flatten(1).sum(1))


class Quadratic(Linear):
    """D(x) = scale / 2 * |x|^2: a sample's gradient is scale * x."""

    def forward(self, samples, labels=None):
        return Critique(self.scale / 2 * samples.flatten(1).square().sum(1))


class Constant(nn.Module):
    """Makes the same point of every latent."""

    latent_shape = (1,)

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(float(value)))

    def forward(self, latents, labels=None):
        return self.value.expand(len(latents), 4)


def play(critic, *, real=1.0, fake=-1.0, count=8):
    networks = {"generator": lambda data, classes: Constant(fake), "discriminator": lambda data, classes: critic}
    loss = CATALOG.find("loss", "wasserstein").component()
    game = TwoPlayerGame(Parts(DataSpec((4,), kind="points"), count, networks, loss))
    batch = Batch(torch.full((count, 4), real))
    return game.play(game.phases()[0], batch, Randomness(0), Progress(0, 0, 0, 1))


def penalty(name, **options):
    return CATALOG.find("penalty", name).component(**options)


@pytest.mark.parametrize("scale", [0.2, 0.5, 2.0])
def test_gradient_penalty_of_a_linear_critic(scale):
    value = penalty("gradient_penalty")(play(Linear(scale)))
    assert float(value.detach()) == pytest.approx((2 * scale - 1) ** 2, rel=1e-5)


def test_the_norm_is_taken_for_each_sample_not_for_the_batch():
    few, many = (penalty("gradient_penalty")(play(Linear(2.0), count=count)) for count in (2, 32))
    assert float(few.detach()) == pytest.approx(float(many.detach()))


@pytest.mark.parametrize(("scale", "expected"), [(0.2, 0.0), (2.0, 9.0)])
def test_a_one_sided_penalty_lets_small_norms_go(scale, expected):
    value = penalty("gradient_penalty", one_sided=True)(play(Linear(scale)))
    assert float(value.detach()) == pytest.approx(expected, abs=1e-6)


def test_gradient_penalty_looks_between_real_and_fake():
    """At x = a * real + (1 - a) * fake the quadratic critic's gradient is x: between 0 and 2 for points 0 and 1."""
    turn = play(Quadratic(1.0), real=1.0, fake=0.0, count=64)
    share = turn.random.uniform("gradient_penalty", 64, 1)
    expected = (2 * share - 1).square().mean()
    assert float(penalty("gradient_penalty")(turn).detach()) == pytest.approx(float(expected), rel=1e-5)


def test_r1_of_a_quadratic_critic_looks_at_real_samples_only():
    value = penalty("r1")(play(Quadratic(3.0), real=0.5, fake=100.0))
    assert float(value.detach()) == pytest.approx(9 * 4 * 0.25)


@pytest.mark.parametrize("name", ["gradient_penalty", "r1"])
def test_the_penalty_has_a_gradient_for_the_critic_and_none_for_the_generator(name):
    turn = play(Linear(2.0))
    turn.game.networks["generator"].requires_grad_(False)
    penalty(name)(turn).backward()
    assert turn.game.networks["discriminator"].scale.grad.abs() > 0
    assert turn.game.networks["generator"].value.grad is None
