"""Samples of a generator that was trained with optimised latents are made of optimised latents."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Linear, make_game, penalty
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples


def game_of(critic, prior="normal", **options):
    torch.manual_seed(0)
    rule = penalty("latent_optimization", **{"share": 1.0, **options})
    return make_game(critic, Affine(), {"latent_optimization": rule}, prior=prior)


def samples_of(game, count=64, networks=None):
    return torch.cat(list(draw_samples(game, networks or dict(game.networks.items()), count, seed=3)))


def drawn(game):
    return game.draw_latents(64, Randomness(3).at("sample", 0), game.networks["generator"])


def test_the_step_of_linear_networks():
    """D(G(z)) = sum(W z), so that every latent moves by rate / (damping + |g|^2) g with g the sum of W's rows."""
    game = game_of(Linear(1.0), rate=0.9, damping=0.1)
    generator = game.networks["generator"]
    slope = generator.map.weight.detach().sum(0)
    moved = drawn(game) + 0.9 / (0.1 + slope.square().sum()) * slope
    torch.testing.assert_close(samples_of(game), generator(moved).detach())


def test_samples_score_higher_than_those_of_plain_latents_and_are_named_by_number():
    game = game_of(Bent(), rate=0.01, damping=1.0)
    critic, generator = game.networks["discriminator"], game.networks["generator"]
    made = samples_of(game)
    assert bool((critic(made).logits > critic(generator(drawn(game))).logits).all())
    assert torch.equal(samples_of(game, 70)[:3], made[:3])
    assert not made.requires_grad
    assert all(weight.grad is None for weight in game.parameters()), "nothing is left behind"


def test_the_networks_that_are_given_make_the_step():
    """Sampling with an averaged generator: the slope is that of the average."""
    game = game_of(Linear(1.0))
    other = Affine()
    slope = other.map.weight.detach().sum(0)
    made = samples_of(game, networks={**game.networks, "generator": other})
    torch.testing.assert_close(made, other(drawn(game) + 0.9 / (0.1 + slope.square().sum()) * slope).detach())


def test_a_share_of_each_latent_moves_and_uniform_latents_stay_in_their_box():
    still = drawn(game_of(Linear(1.0), prior="uniform"))
    game = game_of(Linear(1.0), prior="uniform", rate=100.0, share=0.5)
    random = Randomness(3).at("sample", 0)
    rule = game.parts.penalties["latent_optimization"]
    moved = rule.sampled(game, dict(game.networks.items()), still, None, random)
    assert torch.equal(moved != still, random.uniform("latent_optimization", 64, 4) < 0.5)
    assert float(moved.abs().max()) == 1.0


@pytest.mark.parametrize("told", [True, False])
def test_classes_are_told_as_in_training(told):
    class Listening(nn.Module):
        heard = ()

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, samples, labels=None):
            self.heard = labels
            return Critique(self.weight * samples.sum(1))

    class Labelled(Affine):
        def forward(self, latents, labels=None):
            return self.map(latents) + labels[:, None]

    spec, critic = DataSpec((4,), (5, 5), kind="points"), Listening()
    rule = {"latent_optimization": penalty("latent_optimization")}
    game = make_game(critic, Labelled(), rule, data=spec, conditional=True, discriminator_labels=told)
    game.sample(dict(game.networks.items()), 4, Randomness(0), torch.tensor([0, 1, 1, 0]))
    assert (critic.heard is None) is not told
