"""What Lightning's Trainer would do to a game, silently: refused, or made to mean what it says."""

from __future__ import annotations

import os

import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from toys import toy_catalog, toy_recipe

from gan_lightning.checkpoint import AtomicCheckpointIO, read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.performance import choose
from gan_lightning.recipe import check
from gan_lightning.recipe.trainer import OWNED
from gan_lightning.run import Run

CPU = {"accelerator": "cpu", "devices": 1}


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


@pytest.mark.parametrize("argument", OWNED)
def test_an_argument_that_counts_otherwise_or_is_ignored_is_refused(catalog, argument):
    with pytest.raises(UserError, match=rf"^recipe: trainer\.{argument}: not here: \w+"):
        check(toy_recipe("runs/toy", trainer={**CPU, argument: 1}), catalog)


@pytest.mark.parametrize("precision", ["16-mixed", "16-true", "16", 16, "bf16-true", "64-true", "transformer-engine"])
def test_a_precision_that_this_machine_would_change_or_that_ruins_a_game_is_refused(catalog, tmp_path, precision):
    with pytest.raises(UserError, match=r"trainer\.precision"):
        Session.prepare(check(toy_recipe(tmp_path, trainer={**CPU, "precision": precision}), catalog), catalog)


def test_an_accelerator_that_is_not_there_is_refused(catalog, tmp_path):
    recipe = check(toy_recipe(tmp_path / "run", trainer={"accelerator": "tpu", "devices": 1}), catalog)
    with pytest.raises(UserError, match=r"^trainer: "):
        fit(recipe, catalog)
    assert not (tmp_path / "run").exists()


def test_a_limit_of_time_leaves_a_run_that_goes_on_as_if_never_stopped(catalog, tmp_path):
    changes = {"sample": None, "checkpoint": {"every": 10**6}, "log": {"every": 10**6}}
    limited = toy_recipe(
        tmp_path / "run", train={"steps": 10**6}, trainer={**CPU, "max_time": "00:00:00:01"}, **changes
    )
    stopped = fit(check(limited, catalog), catalog)
    assert 0 < stopped.updates < 10**6
    assert read_checkpoint(stopped.run.last)["progress"]["updates"] == stopped.updates
    steps = {"steps": stopped.updates + 5}
    whole = fit(check(toy_recipe(tmp_path / "whole", train=steps, **changes), catalog), catalog)
    again = fit(check(toy_recipe(tmp_path / "run", train=steps, **changes), catalog), catalog, resume="last")
    assert_equal(*(read_checkpoint(outcome.run.last) for outcome in (whole, again)))


def test_importing_lightning_does_not_leave_each_step_asking_for_a_driver(catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    Session.prepare(check(toy_recipe(tmp_path), catalog), catalog)
    assert "PYTORCH_NVML_BASED_CUDA_CHECK" not in os.environ


# --- float16, whose scaler is tried on the CPU ------------------------------------------------------------------------


def played(catalog, folder, steps, *, clip=None, scaler=None, resume=None):
    """Train with plain gradient descent, which, unlike Adam, shows every wrong scale, and return what is kept."""
    optimizers = {name: {"name": "sgd", "lr": 0.05} for name in ("generator", "discriminator")}
    changes = {"penalties": ["r1"], "game": {"n_dis": 2}, "train": {"steps": steps, "clip": clip}}
    recipe = check(toy_recipe(folder, optimizers=optimizers, **changes), catalog)
    session = Session.prepare(recipe, catalog)
    plugins = [AtomicCheckpointIO()]
    if scaler is not None:
        plugins.append(MixedPrecision("16-mixed", "cpu", scaler))
    trainer = session.trainer(Run(folder), [], plugins=plugins)
    trainer.fit(session.module, datamodule=session.data(), ckpt_path=resume, weights_only=True)
    path = folder / f"{steps}.ckpt"
    trainer.save_checkpoint(path)
    return path, read_checkpoint(path)


def restless():
    """Return a scaler that changes its scale after every step."""
    return torch.amp.GradScaler("cpu", init_scale=1.0, growth_factor=1.5, growth_interval=1)


@pytest.mark.parametrize("clip", [None, 0.1])
def test_each_player_is_unscaled_by_the_scale_its_gradient_was_made_with(catalog, tmp_path, clip):
    _, plain = played(catalog, tmp_path / "plain", 6, clip=clip)
    _, scaled = played(catalog, tmp_path / "scaled", 6, clip=clip, scaler=restless())
    assert scaled["MixedPrecision"]["scale"] == pytest.approx(1.5 ** (6 * 3)), "it grows at each step of a player"
    for name, value in plain["state_dict"].items():
        torch.testing.assert_close(scaled["state_dict"][name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_scale_that_overflows_skips_steps_of_one_player_and_is_found_again(catalog, tmp_path):
    # 2**30 times any gradient of this game is beyond float16
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30, growth_interval=1000)
    _, state = played(catalog, tmp_path, 12, scaler=scaler)
    assert state["MixedPrecision"]["scale"] < 2.0**30
    assert state["progress"]["updates"] == state["global_step"] == 12
    assert all(value.isfinite().all() for value in state["state_dict"].values())


def test_the_scaler_goes_on_where_it_was(catalog, tmp_path):
    path, _ = played(catalog, tmp_path, 4, scaler=restless())
    _, again = played(catalog, tmp_path, 7, scaler=restless(), resume=path)
    _, whole = played(catalog, tmp_path / "whole", 7, scaler=restless())
    assert again["MixedPrecision"] == whole["MixedPrecision"]
    assert_equal(again, whole)


def test_fused_optimizers_which_could_not_be_clipped_are_left_out_under_float16():
    assert choose("auto", "images", "32-true").fused_optimizers
    assert not choose("auto", "images", "16-mixed").fused_optimizers


def assert_equal(one, two) -> None:
    """Assert that weights, averages, states of optimisers and counters of two checkpoints are the same bits."""
    for name, value in one["state_dict"].items():
        assert torch.equal(two["state_dict"][name], value), name
    assert one["progress"] == two["progress"]
    for left, right in zip(one["optimizer_states"], two["optimizer_states"], strict=True):
        for index, state in left["state"].items():
            for name, value in state.items():
                other = right["state"][index][name]
                assert torch.equal(other, value) if isinstance(value, torch.Tensor) else other == value, name
