"""Class penalties, rotations and the games of this distribution, trained for a few updates from recipes."""

from __future__ import annotations

import pytest
import torch
from critics import CATALOG

from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.recipe import check
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

LABELLED = {"conditional": True, "discriminator_labels": False}
TOGETHER = [
    "auxiliary_classifier",
    {"name": "d2d_ce", "size": 8},
    {"name": "contrastive_2c", "size": 8, "every": 2},
    "self_supervised",
]
ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]}


def trained(folder, **sections):
    """Return the networks of a small game after five updates."""
    plain = {
        "architecture": "mlp",
        "loss": "non_saturating",
        "optimizers": {"generator": ADAM, "discriminator": ADAM},
        "train": {"steps": 5},
        "sample": None,
        "performance": "off",
        "run": {"name": "x", "dir": str(folder)},
        "trainer": {"accelerator": "cpu", "devices": 1},
        **sections,
    }
    with torch.random.fork_rng(devices=[]):
        return state_of(fit(check(plain, CATALOG), CATALOG).run)["state_dict"]


def sound(state):
    return all(bool(value.isfinite().all()) for value in state.values() if value.is_floating_point())


@pytest.mark.parametrize("penalties", [[one] for one in TOGETHER] + [TOGETHER], ids=["ac", "d2d", "2c", "ss", "all"])
def test_penalties_of_both_players_on_digits(penalties, tmp_path):
    game = {"name": "two_player", **LABELLED}
    state = trained(tmp_path, data={"name": "digits", "batch_size": 32}, game=game, penalties=penalties, loss="hinge")
    assert sound(state)
    heads = [key for key in state if ".heads." in key]
    assert heads and not any(key.startswith("ema") and ".heads." in key for key in state)


def test_the_multi_class_hinge_on_digits(tmp_path):
    game = {"name": "two_player", **LABELLED}
    state = trained(tmp_path, data={"name": "digits", "batch_size": 32}, game=game, loss="multi_hinge")
    assert sound(state)
    assert state["game.networks.discriminator.heads.multi_hinge.weight"].shape[0] == 11


@pytest.mark.parametrize("game", ["mode_regularised", {"name": "unrolled", "steps": 3}])
def test_games_on_the_ring(game, tmp_path):
    ring = {"name": "mixture", "layout": "ring", "modes": 8, "batch_size": 32}
    architecture = {"name": "mlp", **({"encoder": "mlp_encoder"} if game == "mode_regularised" else {})}
    assert sound(trained(tmp_path, data=ring, game=game, architecture=architecture))


def test_a_run_with_embeddings_and_proxies_resumes_exactly(tmp_path):
    made = Trainee(TwoPlayerGame, {"penalties": TOGETHER, "game": LABELLED})
    whole = made.fit(tmp_path / "whole", 4)
    made.fit(tmp_path / "parts", 2)
    assert first_difference(state_of(whole), state_of(made.fit(tmp_path / "parts", 4, resume="last"))) is None
    proxies = state_of(whole)["state_dict"]["game.networks.discriminator.heads.d2d_ce.proxies"]
    fresh = made.module(tmp_path / "fresh").game.networks["discriminator"].heads["d2d_ce"].proxies
    assert not torch.equal(proxies, fresh), "the discriminator's optimiser has them"


def test_a_game_without_classes_is_told_so_from_a_recipe(tmp_path):
    with pytest.raises(UserError, match=r"penalties\.d2d_ce: it reads the classes of samples; set game\.conditional"):
        Trainee(TwoPlayerGame, {"penalties": ["d2d_ce"]}).module(tmp_path)
