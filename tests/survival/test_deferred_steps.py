"""Steps that are left out without waiting for the device: the same run as where it is waited for."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from troubles import Poison, rows, said, train

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.guard import StepGuard

ADAMS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def steps(make, gradients, **options):
    """Make steps of one optimiser, some of which must be left out."""
    weights = [nn.Parameter(torch.arange(6.0)), nn.Parameter(torch.ones(2, 3))]
    optimizer, guard = make(weights), StepGuard(3, **options)
    for values in gradients:
        for weight in weights:
            weight.grad = torch.full_like(weight, values)
        if not guard.passes("player", [weight.grad for weight in weights], optimizer):
            optimizer.zero_grad()
        optimizer.step()
    return weights, optimizer, guard


@pytest.mark.parametrize("name", ADAMS)
@pytest.mark.parametrize("first", [0.5, math.nan], ids=["good", "bad"])
def test_a_fused_adam_leaves_steps_out_by_itself_exactly(name, first):
    make = partial(ADAMS[name], lr=0.1, fused=True)
    gradients = [first, 0.3, math.inf, -0.2, math.nan, math.nan, 0.1, -math.inf]
    (here, one, waiting), (there, two, deferring) = (
        steps(make, gradients, deferring=devices) for devices in ((), ("cpu",))
    )
    assert waiting.state() == deferring.state()
    assert waiting.skipped == (5 if math.isnan(first) else 4)
    assert waiting.failing
    for mine, theirs in zip(here, there, strict=True):
        assert torch.equal(mine, theirs)
        for key, value in one.state[mine].items():
            assert torch.equal(value, two.state[theirs][key]), key


@pytest.mark.parametrize("make", [partial(torch.optim.Adam, fused=False), torch.optim.SGD, torch.optim.RMSprop])
def test_other_optimizers_are_waited_for(make):
    weights, _, guard = steps(partial(make, lr=0.1), [math.nan] * 3, deferring=("cpu",))
    assert torch.equal(weights[0], torch.arange(6.0))
    assert guard.exhausted, "it is known at once"


def test_a_momentum_that_was_made_of_nothing_is_why_a_fused_sgd_is_waited_for():
    make = partial(torch.optim.SGD, lr=0.1, momentum=0.9, fused=True)
    weights, optimizer, _ = steps(make, [math.nan], deferring=("cpu",))
    assert not optimizer.state[weights[0]]


def test_nothing_is_read_from_the_device_before_a_look(monkeypatch):
    def refuse(*_):
        raise AssertionError("the device was waited for")

    with monkeypatch.context() as patch:
        for name in ("item", "tolist", "__bool__", "__int__", "__float__"):
            patch.setattr(Tensor, name, refuse)
        _, _, guard = steps(partial(torch.optim.Adam, fused=True), [0.1, math.nan, math.nan, math.nan], deferring="cpu")
        guard.end_round(4, look=False)
        assert not guard.exhausted
    guard.settle()
    assert guard.exhausted
    assert guard.good_updates == 0


@pytest.fixture
def _deferring(monkeypatch):
    monkeypatch.setattr("gan_lightning.fit.StepGuard", partial(StepGuard, deferring=("cpu",)))


def run_of(folder, **options):
    return train(folder, Poison({3, 6}), train={"steps": 12, "clip": 0.5}, **options)


def test_a_run_is_the_same_whether_the_device_is_waited_for_or_not(tmp_path, request):
    waiting = run_of(tmp_path / "waiting")
    request.getfixturevalue("_deferring")
    deferring = run_of(tmp_path / "deferring")
    one, two = (read_checkpoint(run.last) for run in (waiting, deferring))
    assert one["guard"] == two["guard"]
    assert one["guard"]["skipped"] == 2
    assert all(torch.equal(value, two["state_dict"][name]) for name, value in one["state_dict"].items())
    for mine, theirs in zip(one["optimizer_states"], two["optimizer_states"], strict=True):
        for index, state in mine["state"].items():
            assert all(torch.equal(value, theirs["state"][index][key]) for key, value in state.items())
    assert [row["guard/skipped"] for row in rows(waiting)] == [row["guard/skipped"] for row in rows(deferring)]


@pytest.mark.usefixtures("_deferring")
def test_too_many_in_a_row_roll_back_at_the_next_look(tmp_path, caplog):
    run = train(tmp_path / "run", Poison(range(6, 99), above=0.5), guard={"patience": 3})
    (line,) = said(caplog)
    assert line.startswith("training has diverged: discriminator/loss, ")
    assert " at update 9 is no finite number: " in line
    assert "step-000004.ckpt with learning rates times 0.5" in line
    assert read_checkpoint(run.last)["progress"]["updates"] == 12
