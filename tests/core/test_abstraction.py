"""Systems of other shapes than the two-player game, each said with the core's general mechanisms alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import pytest
import torch
from torch.nn.functional import avg_pool2d, cross_entropy, softplus
from toys import TOY, ToyDiscriminator, ToyGenerator, toy_catalog, toy_recipe

from gan_lightning.components import Architecture, Loss, Penalty, Rule
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.game import Game, Phase, Play, Player, Stage
from gan_lightning.recipe import check
from gan_lightning.run import Run
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay


def train(tmp_path, catalog, **changes):
    """Train a toy recipe and return the module that was trained."""
    recipe = check(toy_recipe(tmp_path / "run", **changes), catalog)
    session = Session.prepare(recipe, catalog)
    before = {name: value.clone() for name, value in session.module.game.state_dict().items()}
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    return session.module, before


def changed(module, before, network):
    """Tell whether weights of a network have moved."""
    after = module.game.networks[network].named_parameters()
    return any(not torch.equal(before[f"networks.{network}.{name}"], weight) for name, weight in after)


# --- Three players: an encoder that plays for itself ------------------------------------------------------------------


class Encoder(ToyGenerator):
    """Maps a point to a latent."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(DataSpec((4,), kind="points"), classes, width=width)
        self.net[0] = torch.nn.Linear(torch.Size(data.shape).numel(), width)


class ThreePlayers(TwoPlayerGame):
    """The two-player game, and an encoder that learns to invert the generator."""

    roles = ("generator", "discriminator", "encoder")
    players = (*TwoPlayerGame.players, Player("encoder", ("encoder",)))

    def phases(self):
        return (*super().phases(), Phase("encoder", {"inverse": self._inverse}))

    def _inverse(self, play):
        return (self.networks["encoder"](play.fake) - play.latents).square().mean()


def test_three_players_each_train_their_own_network(tmp_path):
    catalog = toy_catalog(
        game={"three": ThreePlayers}, architecture={"three": Architecture({**TOY.roles, "encoder": Encoder})}
    )
    adam = {"name": "adam", "lr": 1e-2}
    players = {"generator": adam, "discriminator": adam, "encoder": adam}
    module, before = train(tmp_path, catalog, game="three", architecture="three", optimizers=players)
    assert all(changed(module, before, name) for name in ("generator", "discriminator", "encoder"))
    assert module.updates == module.trainer.global_step == 12, "only the generator's steps count"
    assert len(module.optimizers()) == 3


# --- Stages: a resolution that grows with the images seen -------------------------------------------------------------


class GrowingGame(TwoPlayerGame):
    """Plays at 4x4 first, then at 8x8, where the optimisers start afresh."""

    entered: ClassVar[list[int]] = []
    resolution = 4

    def stages(self):
        return (Stage("4x4", 0, batch_size=8), Stage("8x8", 64))

    def enter(self, stage):
        self.resolution = (4, 8)[stage]
        self.entered.append(stage)
        return ("generator", "discriminator") if stage else ()

    def play(self, phase, *args, **options):
        return GrowingPlay(self, phase, *args, **options)


class GrowingPlay(TwoPlayerPlay):
    """Sees everything at the resolution of the stage."""

    @cached_property
    def real(self):
        return self._small(super().real)

    @cached_property
    def fake(self):
        return self._small(super().fake)

    def _small(self, images):
        shrunk = avg_pool2d(images, 8 // self.game.resolution)
        return shrunk.repeat_interleave(8 // self.game.resolution, 2).repeat_interleave(8 // self.game.resolution, 3)


def test_stages_change_resolution_and_batch_by_images_seen(tmp_path):
    GrowingGame.entered.clear()
    sizes = []
    catalog = toy_catalog(game={"two_sizes": GrowingGame})
    recipe = check(
        toy_recipe(
            tmp_path / "run",
            game="two_sizes",
            data={"name": "digits", "resolution": 8, "batch_size": 16},
            train={"steps": 11},
        ),
        catalog,
    )
    session = Session.prepare(recipe, catalog)
    judge = session.module.game.networks["discriminator"]
    judge.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    session.trainer(Run(tmp_path / "run"), []).fit(session.module, datamodule=session.data())
    assert GrowingGame.entered == [0, 1]
    assert session.module.images == 8 * 8 + 3 * 16, "8 rounds of 8 images, then rounds of 16"
    assert sizes == [8] * 24 + [16] * 9, "each round judges real, fake, and fake in the generator's turn"
    steps = {int(state["step"]) for state in session.module.optimizers()[0].state.values()}
    assert steps == {3}, "the optimisers forgot what they knew of the stage before"


# --- A loss that needs real images in the generator's turn ------------------------------------------------------------


@dataclass(frozen=True)
class Paired(Loss):
    """A relativistic loss: logits are compared in pairs."""

    def discriminator(self, real, fake):
        return softplus(fake.logits - real.logits).mean()

    def generator(self, real, fake):
        return softplus(real.logits - fake.logits).mean()


def test_a_loss_may_read_real_critiques_in_the_generators_turn(tmp_path):
    module, before = train(tmp_path, toy_catalog(loss={"paired": Paired}), loss="paired")
    assert changed(module, before, "generator")


def test_a_loss_that_does_not_read_them_costs_no_forward_pass(tmp_path):
    catalog = toy_catalog(loss={"paired": Paired})
    counts = {}
    for loss in ("paired", "hinge"):
        recipe = check(toy_recipe(tmp_path / loss, loss=loss, train={"steps": 4}), catalog)
        session = Session.prepare(recipe, catalog)
        calls = []
        session.module.game.networks["discriminator"].register_forward_hook(lambda *_, calls=calls: calls.append(1))
        session.trainer(Run(tmp_path / loss), []).fit(session.module, datamodule=session.data())
        counts[loss] = len(calls)
    assert counts == {"paired": 4 * 4, "hinge": 4 * 3}


# --- A penalty with an interval, and schedules ------------------------------------------------------------------------


@dataclass(frozen=True)
class Noted(Penalty):
    """The mean square of the real logits, noting when it is asked for and with which weight."""

    weight: float = 1.0
    every: int = 1
    seen: ClassVar[list[tuple[int, float]]] = []

    def __call__(self, play):
        self.seen.append((play.progress.rounds, self.weight))
        return play.real_critique.logits.square().mean()


def test_a_lazy_penalty_is_a_phase_of_its_own_with_gain(tmp_path):
    Noted.seen.clear()
    module, _ = train(tmp_path, toy_catalog(penalty={"noted": Noted}), penalties=[{"name": "noted", "every": 4}])
    assert [rounds for rounds, _ in Noted.seen] == [0, 4, 8]
    lazy = next(phase for phase in module.game.phases() if "noted" in phase.terms)
    assert (lazy.player, lazy.every, lazy.gain, lazy.counts) == ("discriminator", 4, 4.0, False)
    assert module.trainer.global_step == 12


def test_a_penalty_of_every_round_joins_the_discriminators_turns(tmp_path):
    Noted.seen.clear()
    catalog = toy_catalog(penalty={"noted": Noted})
    game = {"name": "two_player", "n_dis": 3}
    module, _ = train(tmp_path, catalog, penalties=["noted"], game=game, train={"steps": 2})
    assert [rounds for rounds, _ in Noted.seen] == [0, 0, 0, 1, 1, 1]
    assert {name: len(phase.terms) for phase in module.game.phases() for name in [phase.player]}["discriminator"] == 2


def test_a_weight_may_follow_a_schedule_its_component_knows_nothing_of(tmp_path):
    Noted.seen.clear()
    ramp = {"linear": {"from": 0.0, "to": 3.0, "steps": 3}}
    catalog = toy_catalog(penalty={"noted": Noted})
    train(tmp_path, catalog, penalties=[{"name": "noted", "weight": ramp}], train={"steps": 6})
    assert [weight for _, weight in Noted.seen] == pytest.approx([0, 1, 2, 3, 3, 3])


def test_learning_rate_and_one_beta_may_follow_schedules(tmp_path):
    half = {"linear": {"from": 1.0e-3, "to": 0.0}}
    beta = {"linear": {"from": 0.9, "to": 0.99, "images": 160}}
    adam = {"name": "adam", "lr": half, "betas": [0.0, beta]}
    module, _ = train(tmp_path, toy_catalog(), optimizers={"generator": adam, "discriminator": adam})
    group = module.optimizers()[1].param_groups[0]
    assert group["lr"] == pytest.approx(1e-3 / 12), "the last of 12 updates began at 11/12"
    assert group["betas"] == pytest.approx((0.0, 0.99))


# --- A discriminator with features and class logits -------------------------------------------------------------------


@dataclass(frozen=True)
class Auxiliary(Loss):
    """Reads everything that a critique has, and wants scores of the classes."""

    def heads(self, data):
        return {"classes": data.classes}

    def discriminator(self, real, fake):
        classes = cross_entropy(real.extras["classes"], real.labels)
        return softplus(-real.logits).mean() + softplus(fake.logits).mean() + classes

    def generator(self, real, fake):
        matching = (real.features.mean(0) - fake.features.mean(0)).square().sum()
        return matching + cross_entropy(fake.extras["classes"], fake.labels)


def test_losses_read_features_labels_and_outputs_they_asked_for(tmp_path):
    catalog = toy_catalog(loss={"auxiliary": Auxiliary})
    conditional = {"name": "two_player", "conditional": True}
    module, before = train(tmp_path, catalog, loss="auxiliary", game=conditional)
    assert module.game.networks["discriminator"].body.classes == 8, "the classes come from the data"
    assert changed(module, before, "generator")
    head = module.game.networks["discriminator"].heads["classes"]
    assert head.out_features == 8
    assert not torch.equal(before["networks.discriminator.heads.classes.weight"], head.weight)


def test_a_discriminator_may_be_kept_from_the_classes_that_the_generator_is_given(tmp_path):
    catalog = toy_catalog(loss={"auxiliary": Auxiliary})
    game = {"name": "two_player", "conditional": True, "discriminator_labels": False}
    module, _ = train(tmp_path, catalog, loss="auxiliary", game=game)
    assert module.game.networks["discriminator"].body.classes == 0
    assert module.game.networks["generator"].classes == 8


# --- Rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meddling(Rule):
    """Changes latents and critiques of the generator's turns, and clips the discriminator after its steps."""

    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator")
    excludes: ClassVar[dict[str, str]] = {"wasserstein": "so that a test has something to forbid"}
    seen: ClassVar[list[str]] = []

    def latents(self, play, latents):
        return latents if play.phase.player == "discriminator" else torch.zeros_like(latents)

    def judged(self, play, critique, side):
        if play.phase.player == "generator":
            assert bool((play.latents == 0).all())
            critique = replace(critique, logits=critique.logits[:2])
        self.seen.append(f"{play.phase.player} {side} {len(critique.logits)}")
        return critique

    def after_step(self, play):
        with torch.no_grad():
            for weight in play.game.networks["discriminator"].parameters():
                weight.clamp_(-0.01, 0.01)


def test_a_rule_replaces_latents_and_critiques_and_acts_after_a_step(tmp_path):
    Meddling.seen.clear()
    module, _ = train(tmp_path, toy_catalog(penalty={"meddling": Meddling}), penalties=["meddling"], train={"steps": 1})
    assert Meddling.seen == ["discriminator real 16", "discriminator fake 16", "generator fake 2"]
    weights = module.game.networks["discriminator"].parameters()
    assert max(weight.abs().max().item() for weight in weights) <= 0.01


def test_a_combination_that_a_rule_excludes_is_refused_with_its_reason(tmp_path):
    catalog = toy_catalog(penalty={"meddling": Meddling})
    with pytest.raises(UserError, match=r"penalties.meddling: it cannot be played with wasserstein: so that a test"):
        train(tmp_path, catalog, penalties=["meddling"], loss="wasserstein")


# --- Other shapes -----------------------------------------------------------------------------------------------------


def test_one_channel_24x40_images(tmp_path):
    data = {"name": "digits", "resolution": [24, 40], "batch_size": 16, "flip": True}
    module, _ = train(tmp_path, toy_catalog(), data=data, train={"steps": 3})
    made = module.game.networks["generator"](torch.randn(2, 4))
    assert made.shape == (2, 1, 24, 40)


# --- A game with nothing of the two-player game -----------------------------------------------------------------------


class Regression(Game):
    """One player and no adversary: a network that learns the mean of the data."""

    roles = ("generator",)
    players = (Player("generator", ("generator",)),)

    def __init__(self, parts):
        super().__init__(parts, {"generator": parts.networks["generator"](parts.data, 0)})

    def phases(self):
        return (Phase("generator", {"distance": self._distance}, turns=2, fresh=True, counts=True),)

    def _distance(self, play: Play):
        made = self.networks["generator"](play.random.normal("latents", len(play.batch), 4))
        return (made.mean(0) - play.real.mean(0)).square().sum()

    def sample(self, networks, count, random, labels=None):
        return networks["generator"](random.normal("latents", count, 4))


def test_a_game_may_have_one_player_and_two_updates_a_round(tmp_path):
    catalog = toy_catalog(game={"regression": Regression})
    adam = {"generator": {"name": "adam", "lr": 1e-2}}
    recipe = toy_recipe(tmp_path / "run", game="regression", optimizers=adam)
    recipe |= {"architecture": {"generator": "toy"}, "loss": None}
    recipe |= {"train": {"steps": 11}, "checkpoint": {"every": 5}, "log": {"every": 5}}
    outcome = fit(check(recipe, catalog), catalog)
    assert outcome.updates == 12, "a round is never cut short"
    assert outcome.images == 12 * 16, "each of the two turns of a round saw fresh samples"
    kept = sorted(path.name for path in outcome.run.checkpoints.glob("*.ckpt"))
    assert kept == ["last.ckpt", "step-000010.ckpt", "step-000012.ckpt"], "one past 5 and 10 each, and the end"
    assert (outcome.run.samples / "step-000012.png").is_file()
    rows = outcome.run.metrics.read_text("utf-8").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["6", "10"]
    assert ToyDiscriminator not in {
        type(module) for module in Session.prepare(check(recipe, catalog), catalog).module.modules()
    }
