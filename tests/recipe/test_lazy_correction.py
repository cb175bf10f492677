"""What Adam's numbers become for a player that makes further steps for lazy penalties."""

import pytest
import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.fit import Session
from gan_lightning.recipe import check

BETAS = [0.5, 0.99]


def optimizers(tmp_path, adam, **changes):
    catalog = toy_catalog()
    players = {"generator": adam, "discriminator": adam}
    session = Session.prepare(check(toy_recipe(tmp_path / "run", optimizers=players, **changes), catalog), catalog)
    session.module.configure_optimizers()
    return session.module.step.optimizers, session.module


def numbers(optimizer):
    group = optimizer.param_groups[0]
    return group["lr"], *group["betas"]


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_one_lazy_penalty_of_every_k_corrects_by_k_over_k_plus_1(tmp_path, name):
    """A round of 16 has 17 steps of D: lr 16/17, betas^(16/17); of G, every 4: 4/5."""
    adam = {"name": name, "lr": 0.0025, "betas": [0.0, 0.99], "correct_lazy": True}
    lazy = [{"name": "r1", "weight": 10.0, "every": 16}, {"name": "path_length", "every": 4}]
    made, _ = optimizers(tmp_path, adam, penalties=lazy)
    assert numbers(made["discriminator"]) == pytest.approx((0.0025 * 16 / 17, 0.0, 0.99 ** (16 / 17)))
    assert numbers(made["generator"]) == pytest.approx((0.0025 * 0.8, 0.0, 0.99**0.8))


def test_a_regular_penalty_and_a_player_without_any_change_nothing(tmp_path):
    adam = {"name": "adam", "lr": 0.01, "betas": BETAS, "correct_lazy": True}
    made, _ = optimizers(tmp_path, adam, penalties=[{"name": "r1", "every": 1}])
    assert numbers(made["discriminator"]) == numbers(made["generator"]) == (0.01, 0.5, 0.99)


def test_it_is_off_unless_asked_for(tmp_path):
    made, _ = optimizers(tmp_path, {"name": "adam", "lr": 0.01, "betas": BETAS}, penalties=[{"name": "r1", "every": 4}])
    assert numbers(made["discriminator"]) == (0.01, 0.5, 0.99)


def test_several_turns_and_several_penalties_are_counted(tmp_path):
    """3 turns a round, 1/2 and 1/4 of a lazy step: 3 of 3.75 are regular."""
    lazy = [{"name": "r1", "every": 2}, {"name": "r2", "every": 4}]
    adam = {"name": "adam", "lr": 0.01, "betas": BETAS, "correct_lazy": True}
    made, _ = optimizers(tmp_path, adam, penalties=lazy, game={"name": "two_player", "n_dis": 3})
    assert numbers(made["discriminator"]) == pytest.approx((0.008, 0.5**0.8, 0.99**0.8))


def test_scheduled_numbers_are_corrected_all_the_way(tmp_path):
    rate = {"linear": {"from": 0.01, "to": 0.03}}
    adam = {"name": "adam", "lr": rate, "betas": [0.5, rate], "correct_lazy": True}
    made, module = optimizers(tmp_path, adam, penalties=[{"name": "r1", "every": 4}])
    assert numbers(made["discriminator"]) == pytest.approx((0.008, 0.5**0.8, 0.01**0.8))
    optimizer, bindings = module._make_optimizers["discriminator"]([torch.nn.Parameter(torch.zeros(()))])
    for binding in bindings:
        binding.assign(0.02)
    assert numbers(optimizer) == pytest.approx((0.016, 0.5**0.8, 0.02**0.8))
