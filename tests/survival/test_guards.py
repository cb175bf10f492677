"""Steps whose numbers are no numbers, and scores that get worse and worse."""

from __future__ import annotations

import pytest
import torch
from troubles import EARLY, RING, Collapse, Poison, rows, said, train

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.errors import UserError


def test_a_step_without_numbers_is_left_out_and_counted(tmp_path):
    run = train(tmp_path / "run", Poison({3, 6}))
    state = read_checkpoint(run.last)
    assert all(torch.isfinite(value).all() for value in state["state_dict"].values())
    steps = [int(next(iter(one["state"].values()))["step"]) for one in state["optimizer_states"]]
    assert steps == [10, 12], "the discriminator's two steps were left out, the generator's were made"
    assert [row["guard/skipped"] for row in rows(run)] == ["", "", "", *["1.0"] * 3, *["2.0"] * 6]
    assert state["guard"]["skipped"] == 2


def test_skipping_leaves_sound_runs_alone(tmp_path):
    runs = [
        train(
            tmp_path / name, Poison(()), guard={"non_finite": name}, penalties=["r1"], train={"steps": 12, "clip": 0.5}
        )
        for name in ("skip", "ignore")
    ]
    states = [read_checkpoint(run.last)["state_dict"] for run in runs]
    for name, value in states[0].items():
        assert torch.equal(states[1][name], value), name
    assert runs[0].metrics.read_bytes() == runs[1].metrics.read_bytes()


def test_stop_still_stops(tmp_path):
    with pytest.raises(UserError, match=r"diverged: .*discriminator/loss, .* at update 4 is no finite number"):
        train(tmp_path / "run", Poison({3}), guard={"non_finite": "stop"})


@pytest.mark.parametrize(
    ("begin", "to"), [(6, "step-000004.ckpt"), (1, "the beginning")], ids=["to a checkpoint", "to the beginning"]
)
def test_after_too_many_in_a_row_training_rolls_back_with_lower_learning_rates(tmp_path, caplog, begin, to):
    run = train(tmp_path / "run", Poison(range(begin, 99), above=0.5), guard={"patience": 3})
    state = read_checkpoint(run.last)
    assert state["progress"]["updates"] == 12
    assert [one["param_groups"][0]["lr"] for one in state["optimizer_states"]] == [5e-4, 5e-4]
    assert [int(row["step"]) for row in rows(run)] == list(range(1, 13))
    (line,) = said(caplog)
    assert line.startswith(f"training has diverged: discriminator/loss at update {begin + 3} is no finite number: ")
    assert f"{to} with learning rates times 0.5 (rollback 1 of 3)" in line


def test_scheduled_learning_rates_are_lowered_too(tmp_path):
    rate = {"linear": {"from": 1e-3, "to": 2e-3, "steps": 12}}
    player = {"name": "adam", "lr": rate}
    run = train(
        tmp_path / "run",
        Poison(range(6, 99), above=0.5),
        guard={"patience": 3},
        optimizers={"generator": player, "discriminator": player},
    )
    last = read_checkpoint(run.last)["optimizer_states"][0]["param_groups"][0]["lr"]
    assert last == pytest.approx(0.5 * (1e-3 + 1e-3 * 11 / 12))


def test_a_run_that_rolled_back_and_is_resumed_is_the_one_that_was_not_stopped(tmp_path):
    trouble = Poison(range(6, 99), above=0.5)
    whole = train(tmp_path / "whole", trouble, guard={"patience": 3}, train={"steps": 16})
    train(tmp_path / "parts", trouble, guard={"patience": 3})
    parts = train(tmp_path / "parts", trouble, resume="last", guard={"patience": 3}, train={"steps": 16})
    states = [read_checkpoint(run.last) for run in (whole, parts)]
    assert states[0]["guard"] == states[1]["guard"]
    for name, value in states[0]["state_dict"].items():
        assert torch.equal(states[1]["state_dict"][name], value), name
    assert parts.metrics.read_bytes() == whole.metrics.read_bytes()


def test_after_too_many_rollbacks_training_stops_with_the_reason(tmp_path, caplog):
    with pytest.raises(UserError, match=r"diverged: discriminator/loss at update 9 .*, after 2 rollbacks; lower the"):
        train(tmp_path / "run", Poison(range(6, 99)), guard={"patience": 3, "rollbacks": 2})
    assert ["times 0.5 (rollback 1" in said(caplog)[0], "times 0.25 (rollback 2" in said(caplog)[1]] == [True, True]


def test_a_collapse_is_told_once_and_the_best_is_kept(tmp_path, caplog):
    run = train(tmp_path / "run", Collapse(range(150, 999)), **RING, guard=EARLY)
    (line,) = said(caplog)
    assert line.startswith("the run has collapsed: mode_kl ")
    assert "at update 200, best " in line, "three scores after it was seen first"
    assert read_checkpoint(run.best)["progress"]["updates"] <= 150


def test_a_collapse_stops_where_the_recipe_says_so(tmp_path):
    with pytest.raises(UserError, match=r"the run has collapsed: mode_kl .* at update 200, best .* best.ckpt is kept"):
        train(tmp_path / "run", Collapse(range(150, 999)), **RING, guard={**EARLY, "on_collapse": "stop"})


def test_a_collapse_rolls_back_to_the_best_where_the_recipe_says_so(tmp_path, caplog):
    run = train(
        tmp_path / "run", Collapse(range(150, 999), above=0.5), **RING, guard={**EARLY, "on_collapse": "rollback"}
    )
    (line,) = said(caplog)
    assert "best.ckpt with learning rates times 0.5 (rollback 1 of 3)" in line
    state = read_checkpoint(run.last)
    assert state["progress"]["updates"] == 240
    assert state["optimizer_states"][0]["param_groups"][0]["lr"] == 2.5e-3
    assert [int(row["step"]) for row in rows(run)] == sorted({int(row["step"]) for row in rows(run)})
