"""The unrolled game: the discriminator ahead, the gradient through its steps, and what must not move."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from critics import CATALOG, Affine, Bent, make_game, numbers, penalty, take_turn
from gan_lightning_losses.games.unrolled import Unrolled
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts
from gan_lightning.layers import SNLinear
from gan_lightning.testing import check_two_processes
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

POINT = DataSpec((4,), kind="points")


def unrolled(critic=None, rules=None, loss="non_saturating", **options):
    torch.manual_seed(0)
    critic, generator = critic or Bent(), Affine()
    networks = {"generator": lambda data, classes: generator, "discriminator": lambda data, classes: critic}
    parts = Parts(POINT, 8, networks, CATALOG.find("loss", loss).component(), rules or {}, loss_name=loss)
    return Unrolled(parts, **options).double()


def turn(game, player="generator"):
    played = take_turn(game, numbers(8, 4).double(), player)
    played.latents = numbers(8, 4, seed=1).double()
    return played


def paid(game):
    played = turn(game)
    return sum(term(played) for term in played.phase.terms.values())


def answered(game, optimizer, steps):
    """Let a copy of D really make its steps on the generator's turn, with torch's own optimiser."""
    game = deepcopy(game)
    played = turn(game, "discriminator")
    for _ in range(steps):
        played = turn(game, "discriminator")
        optimizer_ = optimizer(game.networks["discriminator"].parameters())
        loss = sum(term(played) for term in played.phase.terms.values())
        optimizer_.zero_grad()
        loss.backward()
        optimizer_.step()
    return dict(game.networks["discriminator"].named_parameters())


@pytest.mark.parametrize("steps", [1, 3])
def test_the_discriminator_ahead_is_what_gradient_descent_would_make_of_it(steps):
    game = unrolled(rules={"r1": penalty("r1", weight=0.5)}, steps=steps, inner="sgd", lr=0.3)
    wanted = answered(game, lambda weights: torch.optim.SGD(weights, 0.3), steps)
    ahead = turn(game).ahead
    for name, weight in wanted.items():
        torch.testing.assert_close(ahead[f"discriminator.{name}"], weight, msg=name)


def test_adam_goes_on_from_the_steps_that_were_made():
    game = unrolled(steps=2, inner="adam", lr=0.05, betas=(0.5, 0.9))
    critic = game.networks["discriminator"]
    real = torch.optim.Adam(critic.parameters(), 0.05, (0.5, 0.9))
    for step in range(3):
        played = turn(game, "discriminator")
        real.zero_grad()
        (played.phase.terms["loss"](played) * (step + 1)).backward()
        real.step()
        game.after_step(played)
    ahead = turn(game).ahead
    for _ in range(2):
        played = turn(game, "discriminator")
        real.zero_grad()
        played.phase.terms["loss"](played).backward()
        real.step()
    for name, weight in critic.named_parameters():
        torch.testing.assert_close(ahead[f"discriminator.{name}"].detach(), weight.detach(), msg=name)


def test_a_step_that_was_left_out_moves_no_moment():
    game = unrolled(steps=1)
    played = turn(game, "discriminator")
    for weight in game.networks["discriminator"].parameters():
        weight.grad = None
    game.after_step(played)
    assert float(game.lookahead.steps) == 0.0


@pytest.mark.parametrize(("inner", "names"), [("sgd", ()), ("adam", ()), ("sgd", ("r1", "r2", "gradient_penalty"))])
def test_the_generator_s_gradient_goes_through_the_steps(inner, names):
    """Against finite differences, also where terms are made of gradients; with the steps held fixed it is another."""
    game = unrolled(rules={name: penalty(name, weight=0.5) for name in names}, steps=3, inner=inner, lr=0.2)
    if inner == "adam":
        game.lookahead.first.normal_(generator=torch.Generator().manual_seed(0))
        game.lookahead.second.fill_(1.0)
        game.lookahead.steps.fill_(5.0)
    weight = game.networks["generator"].map.weight
    (found,) = torch.autograd.grad(paid(game), weight)
    slow = torch.zeros_like(weight)
    for index in range(weight.numel()):
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                weight.view(-1)[index] += step
            values.append(float(paid(game).detach()))
            with torch.no_grad():
                weight.view(-1)[index] -= step
        slow.view(-1)[index] = (values[0] - values[1]) / 2e-5
    torch.testing.assert_close(found, slow, rtol=1e-5, atol=1e-8)
    played = turn(game)
    played.ahead = {name: value.detach() for name, value in played.ahead.items()}
    fixed = torch.autograd.grad(played.phase.terms["loss"](played), weight)[0]
    assert not torch.allclose(found, fixed, rtol=1e-2), "the part through the steps is no rounding error"


class Moving(nn.Module):
    """Has buffers that move in each forward."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(SNLinear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, samples, labels=None):
        return Critique(self.layers(samples).squeeze(1))


def test_looking_ahead_leaves_the_discriminator_as_it_is():
    game = unrolled(Moving(), steps=3, inner="sgd", lr=0.5)
    before = deepcopy(game.networks["discriminator"].state_dict())
    paid(game).backward()
    for name, value in game.networks["discriminator"].state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(weight.grad is None for weight in game.networks["discriminator"].parameters())


def test_all_terms_of_the_turn_see_the_same_discriminator():
    rules = {"feature_matching": penalty("feature_matching")}
    game = unrolled(rules=rules, steps=2, inner="sgd", lr=0.5)
    played = turn(game)
    values = {name: term(played).detach() for name, term in played.phase.terms.items()}
    with torch.no_grad():
        for name, weight in game.networks["discriminator"].named_parameters():
            weight.copy_(played.ahead[f"discriminator.{name}"])
    plain = make_game(game.networks["discriminator"], game.networks["generator"], rules, loss="non_saturating").double()
    played = turn(plain)
    for name, term in played.phase.terms.items():
        torch.testing.assert_close(term(played).detach(), values[name], msg=name)


def test_without_steps_it_is_the_two_player_game_bit_by_bit(tmp_path):
    sections = {"penalties": ["r1"], "game": {"n_dis": 2}}
    plain = Trainee(TwoPlayerGame, sections).fit(tmp_path / "plain", 3)
    none = Trainee(Unrolled, {**sections, "game": {"n_dis": 2, "steps": 0}}).fit(tmp_path / "none", 3)
    assert first_difference(state_of(plain), state_of(none)) is None


def test_the_discriminator_trains_as_ever(tmp_path):
    """D makes one step a round, whatever is looked ahead: with a generator that cannot move, D ends up the same."""
    still = {"name": "sgd", "lr": 1e-30}
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]}
    sections = {"optimizers": {"generator": still, "discriminator": adam}}
    plain, ahead = (
        state_of(Trainee(game, sections).fit(tmp_path / game.__name__, 3))["state_dict"]
        for game in (TwoPlayerGame, Unrolled)
    )
    critic = [key for key in plain if key.startswith("game.networks.discriminator.")]
    assert critic and all(torch.equal(plain[key], ahead[key]) for key in critic)


def test_it_is_another_game_and_resumes_with_its_moments(tmp_path):
    made = Trainee(Unrolled, {"game": {"steps": 2, "lr": 0.05}})
    whole = state_of(made.fit(tmp_path / "whole", 4))
    assert float(whole["state_dict"]["game.lookahead.steps"]) == 4.0
    made.fit(tmp_path / "parts", 2)
    assert first_difference(whole, state_of(made.fit(tmp_path / "parts", 4, resume="last"))) is None
    plain = state_of(Trainee(TwoPlayerGame, {}).fit(tmp_path / "plain", 4))["state_dict"]
    generator = [key for key in plain if key.startswith("game.networks.generator.")]
    assert any(not torch.equal(plain[key], whole["state_dict"][key]) for key in generator)


def test_what_remembers_is_refused():
    with pytest.raises(UserError, match=r"^loss: fisher remembers"):
        unrolled(loss="fisher")
    with pytest.raises(UserError, match=r"^penalties\.lecam: it remembers"):
        unrolled(rules={"lecam": penalty("lecam")})
    with pytest.raises(UserError, match=r"^game\.steps: expected at least 0, got -1$"):
        unrolled(steps=-1)
    unrolled(rules={"path_length": penalty("path_length")})


def test_two_processes_look_ahead_as_one():
    """Each step ahead is one on the whole batch, and so is the gradient through it; in large steps, to be seen."""
    check_two_processes(Unrolled, game={"steps": 2, "lr": 0.3, "inner": "sgd"})
