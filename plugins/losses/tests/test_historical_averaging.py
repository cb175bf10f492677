"""Historical averaging: the mean of past weights, and a run that keeps it."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, make_game, numbers, penalty, take_turn

from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame


def weights_of(game, player):
    return torch.cat([weight.detach().flatten() for weight in game.parameters_of(game.player(player))])


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_the_distance_from_the_mean_of_past_weights(player):
    rule = penalty("historical_averaging")
    game = make_game(Bent(), Affine(), {"historical_averaging": rule})
    turn = take_turn(game, numbers(8, 4), player)
    assert float(rule(turn).detach()) == 0.0, "there is no past"
    past = []
    for step in range(3):
        with torch.no_grad():
            for weight in game.parameters_of(game.player(player)):
                weight.add_(numbers(*weight.shape, seed=step))
        game.after_step(turn)
        past.append(weights_of(game, player))
    with torch.no_grad():
        game.parameters_of(game.player(player))[0].add_(1.0)
    term = rule(turn)
    mean = torch.stack(past).mean(0)
    assert float(term.detach()) == pytest.approx(float((weights_of(game, player) - mean).square().sum()), rel=1e-5)
    gradients = torch.autograd.grad(term, game.parameters_of(game.player(player)))
    found = torch.cat([gradient.flatten() for gradient in gradients])
    torch.testing.assert_close(found, 2 * (weights_of(game, player) - mean))


def test_the_players_do_not_share_their_past():
    rule = penalty("historical_averaging")
    game = make_game(Bent(), Affine(), {"historical_averaging": rule})
    game.after_step(take_turn(game, numbers(8, 4), "discriminator"))
    assert (float(rule.discriminator_steps), float(rule.generator_steps)) == (1.0, 0.0)


def test_a_resumed_run_goes_on_with_its_past(tmp_path):
    trainee = Trainee(TwoPlayerGame, {"penalties": ["historical_averaging"]})
    whole = state_of(trainee.fit(tmp_path / "whole", 4))
    trainee.fit(tmp_path / "parts", 2)
    assert first_difference(whole, state_of(trainee.fit(tmp_path / "parts", 4, resume="last"))) is None
