"""Compiled turns: the same numbers as the turns themselves, exact resume, and one line where they cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from lightning.pytorch import Callback
from toys import toy_catalog, toy_recipe

from gan_lightning.components import Penalty, Rule
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.guard import StepGuard
from gan_lightning.recipe import check
from gan_lightning.run import Run

LOG = {"every": 4}


@dataclass(frozen=True)
class Slope(Penalty):
    """A penalty with a gradient of a gradient, and numbers of its own."""

    def __call__(self, play):
        mix = play.random.uniform("mix", len(play.real), 1)
        between = play.real.lerp(play.fake.detach(), mix).requires_grad_()
        logits = play.judge(between, play.real_labels, "between").logits
        (slope,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
        return (slope.norm(dim=1) - 1).square().mean()


@dataclass(frozen=True)
class Ageing(Penalty):
    """Depends on how far training is."""

    def __call__(self, play):
        return play.real_critique.logits.square().mean() * play.progress.updates


@dataclass(frozen=True)
class Clipping(Rule):
    """Acts after a step."""

    origin: ClassVar = None

    def after_step(self, play):
        pass


CATALOG = toy_catalog(penalty={"slope": Slope, "ageing": Ageing, "clipping": Clipping})


def prepared(folder, **changes):
    sections = {"penalties": ["slope"], "log": LOG, **changes}
    return Session.prepare(check(toy_recipe(folder, **sections), CATALOG), CATALOG)


def trained(folder, **changes):
    session = prepared(folder, **changes)
    session.trainer(Run(folder), session.extra).fit(session.module, datamodule=session.data())
    return session.module


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same run of 6 updates, compiled and not; the one that ends with a row of the log is not compiled."""
    folder = tmp_path_factory.mktemp("compiled")
    changes = {"train": {"steps": 6}, "game": {"name": "two_player", "n_dis": 2}}
    return [trained(folder / mode, performance=mode, **changes) for mode in ("compile", "auto")]


def test_weights_averages_and_moments_are_those_of_the_turns_themselves(pair):
    compiled, itself = pair
    assert len(compiled.step._compiled) == 2
    assert not itself.step._compiled
    for name, value in itself.state_dict().items():
        torch.testing.assert_close(compiled.state_dict()[name], value, rtol=1e-4, atol=1e-6, msg=name)
    for one, other in zip(compiled.optimizers(), itself.optimizers(), strict=True):
        for key, state in other.state_dict()["state"].items():
            for name, value in state.items():
                torch.testing.assert_close(one.state_dict()["state"][key][name], value, rtol=1e-4, atol=1e-7)


def test_updates_and_losses_are_counted_and_noted_alike(pair):
    compiled, itself = pair
    assert compiled.trainer.global_step == itself.trainer.global_step == 6
    assert compiled.ledger.state().keys() >= {"discriminator/loss", "discriminator/slope", "generator/loss"}
    for name, noted in itself.ledger.state().items():
        torch.testing.assert_close(compiled.ledger.state()[name], noted, rtol=1e-4, atol=1e-6)


class Poison(Callback):
    """Puts a weight out of bounds before the second update."""

    every = 1

    def on_train_batch_start(self, trainer, pl_module, *args):
        if pl_module.updates == 1:
            with torch.no_grad():
                pl_module.game.networks["discriminator"].head.bias.fill_(float("nan"))


def test_a_step_on_no_number_is_left_out(tmp_path):
    session = prepared(tmp_path, performance="compile", penalties=[], train={"steps": 2})
    session.module.guard = StepGuard(patience=99)
    session.trainer(Run(tmp_path), [Poison()]).fit(session.module, datamodule=session.data())
    assert session.module.guard.skipped == 2
    steps = [int(next(iter(optimizer.state.values()))["step"]) for optimizer in session.module.optimizers()]
    assert steps == [1, 1]
    assert all(weight.isfinite().all() for weight in session.module.game.networks["generator"].parameters())


@pytest.mark.slow
def test_a_run_that_resumes_ends_as_one_that_was_never_stopped(tmp_path):
    changes = {"performance": "compile", "log": LOG, "checkpoint": {"every": 5}}
    whole = fit(check(toy_recipe(tmp_path / "whole", train={"steps": 10}, **changes), CATALOG), CATALOG)
    fit(check(toy_recipe(tmp_path / "parts", train={"steps": 5}, **changes), CATALOG), CATALOG)
    parts = check(toy_recipe(tmp_path / "parts", train={"steps": 10}, **changes), CATALOG)
    again = fit(parts, CATALOG, resume="last")
    states = [torch.load(outcome.run.last, weights_only=True)["state_dict"] for outcome in (whole, again)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


ADAM = {"name": "adam", "lr": 1.0e-3, "betas": [0.0, 0.9]}
REFUSED = {
    "train.accumulate is 2": {"train": {"steps": 4, "accumulate": 2}},
    "train.clip is set": {"train": {"steps": 4, "clip": 1.0}},
    "an optimizer is no plain adam": {"optimizers": {"generator": {"name": "sgd"}, "discriminator": ADAM}},
    "a rule or an augmentation acts after a step": {"penalties": ["clipping"]},
    r"penalties\.slope\.weight follows a schedule": {
        "penalties": [{"name": "slope", "weight": {"linear": {"from": 0.0, "to": 1.0}}}]
    },
    r"a term depends on how far training is \(it reads progress\.updates\)": {"penalties": ["ageing"]},
    "turns are compiled on one CPU process in float32": {
        "trainer": {"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"}
    },
}


#: What depends on the recipe alone, and is known before there is a run folder.
KNOWN_EARLY = [reason for reason in REFUSED if not reason.startswith(("a term", "turns are"))]


@pytest.mark.parametrize("reason", KNOWN_EARLY)
def test_what_is_known_before_training_is_refused_before_anything_is_written(tmp_path, reason):
    with pytest.raises(UserError, match=reason):
        prepared(tmp_path, performance="compile", **REFUSED[reason])


@pytest.mark.parametrize("reason", REFUSED)
def test_what_a_compiled_turn_would_do_wrong_is_refused_in_one_line(tmp_path, reason):
    with pytest.raises(UserError, match=f"performance: compile cannot be used here: {reason}; use auto"):
        trained(tmp_path, performance="compile", **REFUSED[reason])
