"""Losses that want outputs of their own get them in the two-player game, and share a batch over processes rightly."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from two_ranks import run_on_two_ranks

from gan_lightning.errors import UserError
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

SCRIPT = Path(__file__).parent / "shared_batch.py"


@pytest.mark.parametrize("name", ["cramer", "mmd", "realness", "sphere"])
def test_the_game_trains_the_outputs_and_the_body_under_them(name, tmp_path):
    trainee = Trainee(TwoPlayerGame, {"loss": name, "penalties": ["gradient_penalty"]})
    before = trainee.module(tmp_path / "before").state_dict()
    after = state_of(trainee.fit(tmp_path / "run", 2))["state_dict"]
    network = "game.networks.discriminator"
    for weight in (f"{network}.heads.{name}.weight", f"{network}.body.body.0.weight"):
        assert not torch.equal(before[weight], after[weight]), weight
        assert after[weight].isfinite().all()


def test_a_run_with_a_loss_that_remembers_batches_resumes_exactly(tmp_path):
    lazy = [{"name": "gradient_penalty", "every": 2}]
    trainee = Trainee(TwoPlayerGame, {"loss": "mmd", "penalties": lazy, "game": {"n_dis": 2}})
    whole = trainee.fit(tmp_path / "whole", 4)
    trainee.fit(tmp_path / "parts", 2)
    assert first_difference(state_of(whole), state_of(trainee.fit(tmp_path / "parts", 4, resume="last"))) is None


def test_an_option_that_cannot_be_is_blamed_on_its_place(tmp_path):
    trainee = Trainee(TwoPlayerGame, {"loss": {"name": "energy", "margin": -1.0}})
    with pytest.raises(UserError, match=r"^loss\.margin: expected more than 0, got -1$"):
        trainee.module(tmp_path)


def test_two_processes_have_the_gradient_of_one_on_the_joined_batch(tmp_path):
    """Of first and second order; the script compares, and fails where they differ."""
    run_on_two_ranks(SCRIPT, tmp_path)
