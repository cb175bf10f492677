"""Penalties and rules in games that are trained: on two processes, stopped and resumed, together."""

from __future__ import annotations

from pathlib import Path

import pytest
from two_ranks import run_on_two_ranks

from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

SCRIPT = Path(__file__).parent / "shared_turn.py"
#: What remembers, and what hooks into turns, all in one game.
TOGETHER = [
    "lecam",
    {"name": "path_length", "every": 2},
    "latent_optimization",
    {"name": "top_k", "epoch": 8, "decay": 0.5},
    {"name": "weight_clipping", "limit": 0.05},
]


def trainee(*penalties, **sections):
    return Trainee(TwoPlayerGame, {"penalties": list(penalties), **sections})


def test_a_run_with_penalties_that_remember_resumes_exactly(tmp_path):
    made = trainee(*TOGETHER)
    whole = made.fit(tmp_path / "whole", 4)
    made.fit(tmp_path / "parts", 2)
    assert first_difference(state_of(whole), state_of(made.fit(tmp_path / "parts", 4, resume="last"))) is None


def test_a_trained_critic_stays_in_its_box_and_the_state_is_kept(tmp_path):
    state = state_of(trainee(*TOGETHER).fit(tmp_path, 4))["state_dict"]
    critic = [value for key, value in state.items() if key.startswith("game.networks.discriminator.")]
    assert max(float(value.abs().max()) for value in critic) == pytest.approx(0.05)
    remembered = {key: value for key, value in state.items() if key.startswith("game.components.")}
    assert all(bool(value.any()) for value in remembered.values()), remembered


def test_noise_that_fades_out_trains(tmp_path):
    std = {"linear": {"from": 0.2, "to": 0.0, "steps": 2}}
    state = state_of(trainee("r1", augment=[{"name": "instance_noise", "std": std}]).fit(tmp_path, 3))["state_dict"]
    assert all(bool(value.isfinite().all()) for value in state.values() if value.is_floating_point())


def test_all_gradient_penalties_train_in_bfloat16(tmp_path):
    names = ["gradient_penalty", "zero_centered", "max_gp", "r1", "r2", "wgan_div", "dragan"]
    weak = [{"name": name, "weight": 1e-3} for name in names]
    made = trainee(*weak, trainer={"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"})
    state = state_of(made.fit(tmp_path, 2))["state_dict"]
    assert all(bool(value.isfinite().all()) for value in state.values() if value.is_floating_point())


def test_two_processes_have_the_term_and_the_state_of_one_on_the_joined_batch(tmp_path):
    """The script compares every penalty, and fails where they differ."""
    run_on_two_ranks(SCRIPT, tmp_path)
