"""The adversarial step: whose weights move, what is counted, what is drawn, what is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from lightning.pytorch import Callback
from toys import toy_catalog, toy_recipe

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.components import Loss
from gan_lightning.drivers import Direct, ThroughLightning
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.recipe import check
from gan_lightning.run import Run


def prepared(tmp_path, **changes):
    catalog = toy_catalog()
    return Session.prepare(check(toy_recipe(tmp_path / "run", **changes), catalog), catalog)


def trained(tmp_path, callbacks=(), **changes):
    session = prepared(tmp_path, **changes)
    session.trainer(Run(tmp_path / "run"), list(callbacks)).fit(session.module, datamodule=session.data())
    return session.module


def test_updates_are_the_generators_steps_whatever_the_discriminator_does(tmp_path):
    module = trained(tmp_path, game={"name": "two_player", "n_dis": 5})
    assert module.updates == module.trainer.global_step == 12
    assert module.images == 12 * 5 * 16
    steps = [int(next(iter(optimizer.state.values()))["step"]) for optimizer in module.optimizers()]
    assert steps == [60, 12]


def test_only_the_player_whose_turn_it_is_gets_gradients(tmp_path):
    session = prepared(tmp_path, train={"steps": 1})
    seen = {}

    original = session.module.step.prepare

    def prepare(optimizer):
        seen[session.module.step._turn] = {
            name: any(weight.grad is not None for weight in network.parameters())
            for name, network in session.module.game.networks.items()
        }
        original(optimizer)

    session.module.step.prepare = prepare
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    assert seen["discriminator"] == {"generator": False, "discriminator": True}
    assert seen["generator"]["generator"]


@dataclass(frozen=True)
class RealsOnly(Loss):
    """A loss of the real samples alone, which no latent has a part in."""

    def discriminator(self, real, fake):
        return real.logits.square().mean()

    def generator(self, real, fake):
        return 0.0 * fake.logits.mean()


def test_accumulation_equals_the_large_batch(tmp_path):
    catalog = toy_catalog(loss={"reals": RealsOnly})
    modules = []
    for batch, accumulate in ((32, 1), (8, 4)):
        sections = {
            "data": {"name": "mixture", "count": 512, "batch_size": batch},
            "train": {"steps": 3, "accumulate": accumulate},
            "optimizers": {name: {"name": "sgd", "lr": 0.1} for name in ("generator", "discriminator")},
        }
        recipe = check(toy_recipe(tmp_path / str(batch), loss="reals", **sections), catalog)
        session = Session.prepare(recipe, catalog)
        session.trainer(Run(tmp_path), []).fit(session.module, datamodule=session.data())
        modules.append(session.module)
    large, split = modules
    assert large.images == split.images == 96
    for one, other in zip(large.game.parameters(), split.game.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_clipping_bounds_the_norm_of_each_players_gradient(tmp_path):
    norms = []
    session = prepared(tmp_path, train={"steps": 3, "clip": 0.01})
    original = session.module.step.prepare

    def clipped(optimizer):
        original(optimizer)
        weights = [
            weight.grad for group in optimizer.param_groups for weight in group["params"] if weight.grad is not None
        ]
        norms.append(float(torch.nn.utils.get_total_norm(weights)))

    session.module.step.prepare = clipped
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    assert len(norms) == 6
    assert max(norms) <= 0.01 * (1 + 1e-4)


def test_bf16_mixed_trains_with_full_precision_weights(tmp_path):
    module = trained(tmp_path, trainer={"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"})
    weights = list(module.game.parameters())
    assert {weight.dtype for weight in weights} == {torch.float32}
    assert all(torch.isfinite(weight).all() for weight in weights)


def test_the_average_follows_the_generator_by_its_half_life(tmp_path):
    session = prepared(tmp_path, ema={"half_life_images": 16}, train={"steps": 1})
    before = [weight.clone() for weight in session.module.game.networks["generator"].parameters()]
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    after = session.module.game.networks["generator"].parameters()
    average = session.module.ema.networks["generator"].parameters()
    for old, new, mean in zip(before, after, average, strict=True):
        torch.testing.assert_close(mean, 0.5 * old + 0.5 * new)


def test_the_half_life_counts_generated_images(tmp_path):
    game = {"name": "two_player", "generator_batch": 32}
    session = prepared(tmp_path, ema={"half_life_images": 32}, train={"steps": 1}, game=game)
    before = session.module.game.networks["generator"].net[0].bias.clone()
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    after = session.module.game.networks["generator"].net[0].bias
    torch.testing.assert_close(session.module.ema.networks["generator"].net[0].bias, 0.5 * before + 0.5 * after)


def test_before_its_start_the_average_is_a_copy(tmp_path):
    module = trained(tmp_path, ema={"half_life_images": 1e9, "start": 12})
    for weight, mean in zip(
        module.game.networks["generator"].parameters(), module.ema.networks["generator"].parameters(), strict=True
    ):
        assert torch.equal(weight, mean)


def test_without_an_average_the_networks_themselves_are_sampled(tmp_path):
    module = trained(tmp_path, ema=None)
    assert module.networks()["generator"] is module.game.networks["generator"]
    assert not any(name.startswith("ema") for name in module.state_dict())


def test_nothing_but_networks_averages_and_states_is_in_the_checkpoint(tmp_path):
    catalog = toy_catalog()
    evaluate = {"every": 6, "samples": 64, "metrics": ["fid"], "extractor": "efficientnet_lite0", "best": "fid"}
    recipe = toy_recipe(tmp_path / "run", data={"name": "digits", "resolution": 8, "batch_size": 16}, evaluate=evaluate)
    outcome = fit(check(recipe, catalog), catalog)
    prefixes = {name.rsplit(".", 3)[0].split(".")[0] for name in read_checkpoint(outcome.run.last)["state_dict"]}
    assert prefixes == {"game", "ema"}, "no extractor slips in"


def test_evaluating_and_drawing_do_not_change_training(tmp_path):
    catalog = toy_catalog()
    plain = toy_recipe(tmp_path / "plain", sample=None, log={"every": 12})
    watched = toy_recipe(
        tmp_path / "watched",
        sample={"every": 1, "count": 9},
        log={"every": 1},
        evaluate={"every": 1, "samples": 50, "metrics": ["modes"]},
    )
    states = []
    for recipe in (plain, watched):
        recipe["architecture"] = {"generator": {"name": "toy", "dropout": 0.2}, "discriminator": "toy"}
        states.append(read_checkpoint(fit(check(recipe, catalog), catalog).run.last)["state_dict"])
    for name, value in states[0].items():
        assert torch.equal(states[1][name], value), name


@pytest.mark.parametrize("stop", [1, 5, 11])
def test_a_resumed_run_is_the_run_that_was_never_stopped(tmp_path, stop):
    catalog = toy_catalog()
    changes = {
        "architecture": {"generator": {"name": "toy", "dropout": 0.2}, "discriminator": "toy"},
        "penalties": [{"name": "r1", "every": 3, "weight": {"linear": {"from": 0.0, "to": 1.0}}}],
        "game": {"name": "two_player", "n_dis": 2, "conditional": True},
        "data": {"name": "digits", "resolution": 8, "batch_size": 100, "flip": True},
        "checkpoint": {"every": 1, "keep": 20},
    }
    whole = fit(check(toy_recipe(tmp_path / "whole", **changes), catalog), catalog)
    resumed = check(toy_recipe(tmp_path / "resumed", **changes), catalog)
    (tmp_path / "resumed").mkdir()
    (tmp_path / "resumed" / "metrics.csv").write_bytes(whole.run.metrics.read_bytes())
    again = fit(resumed, catalog, resume=str(whole.run.checkpoints / f"step-{stop:06d}.ckpt"))
    states = [read_checkpoint(outcome.run.last) for outcome in (whole, again)]
    for name, value in states[0]["state_dict"].items():
        assert torch.equal(states[1]["state_dict"][name], value), name
    _assert_same(states[0]["optimizer_states"], states[1]["optimizer_states"])
    assert states[0]["progress"] == states[1]["progress"]
    assert again.run.metrics.read_bytes() == whole.run.metrics.read_bytes()


def _assert_same(one, two):
    assert type(one) is type(two)
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            _assert_same(one[key], two[key])
    elif isinstance(one, list | tuple):
        for left, right in zip(one, two, strict=True):
            _assert_same(left, right)
    else:
        assert torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two


def test_numbers_that_are_none_end_training_with_the_name_and_the_update(tmp_path):
    catalog = toy_catalog()
    recipe = check(toy_recipe(tmp_path / "run", log={"every": 1}), catalog)
    recipe.optimizers["discriminator"].options["lr"] = math.inf
    with pytest.raises(UserError, match=r"diverged: .*generator/loss at update \d+"):
        fit(recipe, catalog)


# --- Several rounds in a training step --------------------------------------------------------------------------------


class Watching(Callback):
    """Notes the updates after which it is called; `every` says which it asks for."""

    def __init__(self, every):
        self.every = every
        self.seen = []

    def on_train_batch_end(self, trainer, pl_module, *args):
        self.seen.append(pl_module.updates)


class Undecided(Callback):
    """Says nothing of what it needs."""

    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, trainer, pl_module, *args):
        self.seen.append(pl_module.updates)


class Listening(Callback):
    """Wants to hear of every optimiser's step, so that all must go through Lightning."""

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        pass


def test_a_training_step_of_several_rounds_ends_where_callbacks_ask(tmp_path):
    fives, sixes = Watching(5), Watching(6)
    module = trained(tmp_path, [fives, sixes])
    assert {5, 6, 10, 12} <= set(fives.seen)
    assert fives.seen == sixes.seen
    assert module.trainer.global_step == 12


def test_a_callback_that_says_nothing_sees_every_update(tmp_path):
    undecided = Undecided()
    trained(tmp_path, [undecided])
    assert undecided.seen == list(range(1, 13))


def test_rounds_may_be_many_to_a_step_or_one(tmp_path, monkeypatch):
    monkeypatch.setattr("gan_lightning.module._PATIENCE", 60.0)
    unaware = Watching(None)
    together = trained(tmp_path, [unaware])
    assert unaware.seen == [12]
    apart = trained(tmp_path, [Undecided()])
    assert equal(together, apart)


def test_the_direct_way_is_the_one_through_lightning(tmp_path):
    direct, heard = trained(tmp_path), trained(tmp_path, [Listening()])
    assert type(direct._driver) is Direct
    assert type(heard._driver) is ThroughLightning
    assert direct.trainer.global_step == heard.trainer.global_step == 12
    assert equal(direct, heard)


def test_autocast_keeps_no_copies_of_weights_that_a_turn_has_changed(tmp_path):
    """All turns of a training step are in one region of autocast, whose cache would give later turns old weights."""
    cached = []

    class Asking(Callback):
        every = None

        def on_before_backward(self, *args):
            cached.append(torch.is_autocast_cache_enabled())

    trained(tmp_path, [Asking()], trainer={"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"})
    assert cached
    assert not any(cached)


def equal(one, other):
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
