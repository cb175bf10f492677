"""The probability of ADA and APA: how it moves, that runs keep it, that processes share it, that it is logged."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from critics import CATALOG, POINT, Affine, Bent, Linear, make_game, numbers, penalty, take_turn
from gan_lightning_losses.augmentations.ada import ADA
from gan_lightning_losses.penalties.apa import APA
from torch import nn
from two_ranks import run_on_two_ranks

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.two_player import TwoPlayerGame

IMAGES = DataSpec((1, 4, 4))
BUSY = {"p": 0.3, "interval": 2, "images": 64}
SECTIONS = {"penalties": ["r1", {"name": "apa", **BUSY}], "augment": [{"name": "ada", "pipe": "bgcfnc", **BUSY}]}


class Scripted(nn.Module):
    """Says of its samples what it has been told to say."""

    def __init__(self):
        super().__init__()
        self.says = None
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, samples, labels=None):
        return Critique(self.says + self.weight)


def scripted(component):
    return make_game(Scripted(), Affine(), {"apa": component} if isinstance(component, APA) else {}, loss="hinge")


def show(component, game, *logits, player="discriminator", batches=1):
    """Play a turn in which the discriminator says `logits` of what is shown as real, in some batches."""
    for says in torch.tensor(logits).chunk(batches):
        game.networks["discriminator"].says = says
        turn = take_turn(game, numbers(len(says), 4), player)
        turn.phase.terms["loss"](turn)
        if player == "generator":
            turn.real_critique.logits  # noqa: B018  (a loss might have looked)
        component.after_batch(turn)
    component.after_step(turn)
    return float(component.probability)


@pytest.mark.parametrize("make", [ADA, APA])
def test_it_moves_every_fourth_turn_by_the_share_of_images_shown(make):
    """Batches of 10: 4 * 10 / 1000 up at r = 0.8, not at all at 0.6, down at 0.4, and never below 0."""
    component = make(images=1000)
    game = scripted(component)
    positive = {0.8: 9, 0.6: 8, 0.4: 7}
    moves = []
    for r in (0.8, 0.8, 0.6, 0.4, 0.4, 0.4):
        logits = [1.0] * positive[r] + [-1.0] * (10 - positive[r])
        moves.append([round(show(component, game, *logits), 6) for _ in range(4)])
        assert float(component.overfit) == pytest.approx(r)
    assert [move[-1] for move in moves] == [0.04, 0.08, 0.08, 0.04, 0.0, 0.0]
    assert moves[1] == [0.04, 0.04, 0.04, 0.08]


def test_the_published_pace():
    """From 0 to 1 in 500 thousand images: 4 * 64 / 500000 every four batches of 64, and never above 1."""
    component = ADA()
    game = scripted(component)
    for _ in range(8):
        show(component, game, *[1.0] * 64)
    assert float(component.probability) == pytest.approx(2 * 4 * 64 / 500_000)
    component.probability.fill_(0.9999)
    for _ in range(4):
        show(component, game, *[1.0] * 64)
    assert float(component.probability) == 1.0


def test_r_is_the_mean_over_all_turns_since_the_last_move():
    component = ADA(images=100, interval=2)
    game = scripted(component)
    show(component, game, 1.0, 1.0)
    show(component, game, 3.0, -0.1)
    assert float(component.overfit) == 0.5
    show(component, game, -1.0, -1.0)
    assert float(show(component, game, -1.0, 0.0)) == 0.0
    assert float(component.overfit) == -0.75


def test_all_batches_of_a_step_count():
    """Of two batches of 2 the first is all real and the second not: r = 0, and 4 samples have been shown."""
    component = ADA(images=100, interval=1, target=-0.5)
    assert show(component, scripted(component), 1.0, 1.0, -1.0, -1.0, batches=2) == pytest.approx(0.04)
    assert float(component.overfit) == 0.0


def test_a_run_that_accumulates_heeds_all_batches(tmp_path):
    """Two batches of 8 a step: p moves by 2 * 8 / 64."""
    sections = {"augment": [{"name": "ada", "p": 0.5, "interval": 1, "images": 64}], "train": {"accumulate": 2}}
    run = Trainee(TwoPlayerGame, sections).fit(tmp_path, 1)
    state = read_checkpoint(run.last)["state_dict"]
    kept = {key.rpartition(".")[2]: value for key, value in state.items() if key.startswith("game.components.")}
    assert abs(float(kept["probability"]) - 0.5) == pytest.approx(2 * 8 / 64)


@pytest.mark.parametrize(
    ("loss", "options", "undecided"),
    [("least_squares", {}, 0.5), ("least_squares", {"a": -1.0, "c": 0.0}, 0.0), ("f_gan", {"divergence": "kl"}, 1.0)],
)
def test_signs_are_taken_from_where_the_loss_is_undecided(loss, options, undecided):
    component = ADA(images=4, interval=1, target=0.0)
    networks = {"generator": lambda data, classes: Affine(), "discriminator": lambda data, classes: Scripted()}
    made = CATALOG.find("loss", loss).component(**options)
    game = TwoPlayerGame(Parts(POINT, 8, networks, made))
    show(component, game, undecided + 0.1, undecided + 0.1)
    assert float(component.overfit) == 1.0
    show(component, game, undecided - 0.1, undecided - 0.1)
    assert float(component.overfit) == -1.0


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic", "relativistic_average", "sphere", "energy", "cramer"])
def test_losses_that_only_compare_have_no_signs_to_follow(loss):
    with pytest.raises(UserError, match=rf"^penalties\.apa\.target: {loss} fixes no score"):
        make_game(Bent(), Affine(), {"apa": APA()}, loss=loss)
    make_game(Bent(), Affine(), {"apa": APA(target=None, p=0.2)}, loss=loss)


def test_turns_that_tell_nothing_of_overfitting_are_not_heeded():
    component = ADA(images=8, interval=1)
    game = scripted(component)
    assert show(component, game, 1.0, 1.0, player="generator") == 0.0
    assert show(component, game, float("nan"), 1.0) == 0.0
    assert show(component, game, float("inf"), 1.0) == 0.0
    assert int(component.turns) == 0
    assert show(component, game, 1.0, 1.0) == 0.25


def test_lazy_penalties_turns_are_not_heeded():
    component = ADA(images=8, interval=1)
    game = make_game(Linear(1.0), Affine(), {"drift": penalty("drift", every=2)}, loss="hinge")
    phase = game.phases()[1]
    turn = game.play(phase, Batch(torch.ones(2, 4)), Randomness(0), Progress(0, 0, 0, 1))
    phase.terms["drift"](turn)
    assert turn.real_critique.made is not None
    component.after_batch(turn)
    component.after_step(turn)
    assert float(component.probability) == 0.0


@pytest.mark.parametrize("make", [ADA, APA])
def test_a_fixed_probability_does_not_follow(make):
    component = make(p=0.3, target=None, images=8, interval=1)
    show(component, scripted(component), 1.0, 1.0)
    assert float(component.chance(torch.device("cpu"))) == pytest.approx(0.3)
    assert [float(value) for value in component.observations().values()] == pytest.approx([0.3])


@pytest.mark.parametrize(("make", "where"), [(ADA, "augment.ada"), (APA, "penalties.apa")])
@pytest.mark.parametrize("options", [{"p": 1.1}, {"p": -0.1}, {"target": 1.5}, {"interval": 0}, {"images": 0}])
def test_options_out_of_range(make, where, options):
    with pytest.raises(UserError, match=rf"^{where}\.{next(iter(options))}: expected"):
        make(**options)


def test_generated_samples_are_shown_as_real_with_the_probability():
    rule = APA(p=0.25)
    game = make_game(Bent(), Affine(), {"apa": rule}, loss="hinge")
    samples = numbers(4000, 4)
    turn = take_turn(game, samples)
    replaced = (turn.real != samples).any(1)
    assert float(replaced.float().mean()) == pytest.approx(0.25, abs=0.03)
    random = turn.random.at("apa")
    made = game.networks["generator"](game.draw_latents(4000, random, game.networks["generator"]))
    assert torch.equal(turn.real[replaced], made[replaced])
    assert torch.equal(turn.real_critique.samples, turn.real)
    assert not turn.real.requires_grad
    assert not torch.equal(made, turn.fake), "they are others than those that are shown as generated"


def test_the_generator_is_shown_real_samples_only():
    samples = numbers(8, 4)
    assert torch.equal(
        take_turn(make_game(Bent(), Affine(), {"apa": APA(p=1.0)}, loss="hinge"), samples, "generator").real, samples
    )


def test_generated_samples_of_a_conditional_game_are_of_the_classes_they_replace():
    class Labelled(Affine):
        def forward(self, latents, labels=None):
            return labels[:, None].expand(-1, 4) + 0.0 * latents

    spec = DataSpec((4,), (3, 3), kind="points")
    game = make_game(Bent(), Labelled(), {"apa": APA(p=1.0)}, loss="hinge", data=spec, conditional=True)
    labels = torch.tensor([0, 1, 1, 0])
    turn = game.play(game.phases()[0], Batch(numbers(4, 4), labels), Randomness(0), Progress(0, 0, 0, 1))
    assert torch.equal(turn.real[:, 0].long(), labels)


def test_a_resumed_run_goes_on_with_both_probabilities(tmp_path):
    trainee = Trainee(TwoPlayerGame, SECTIONS)
    whole = trainee.fit(tmp_path / "whole", 5)
    trainee.fit(tmp_path / "parts", 3)
    state = read_checkpoint(tmp_path / "parts" / "checkpoints" / "last.ckpt")["state_dict"]
    kept = {key.rpartition(".")[2]: value for key, value in state.items() if key.startswith("game.components.")}
    assert float(kept["probability"]) != pytest.approx(0.3)
    assert int(kept["turns"]) == 1, "a sum has begun"
    resumed = trainee.fit(tmp_path / "parts", 5, resume="last")
    assert first_difference(state_of(whole), state_of(resumed)) is None


def test_two_processes_have_the_probabilities_and_the_samples_of_one(tmp_path):
    """The script compares them, and what was shown as real, and fails where they differ."""
    run_on_two_ranks(Path(__file__).parent / "shared_probability.py", tmp_path)


def test_probabilities_and_what_they_follow_are_logged(tmp_path):
    run = Trainee(TwoPlayerGame, SECTIONS).fit(tmp_path, 3)
    rows = list(csv.DictReader((run.folder / "metrics.csv").open()))
    for name in ("ada", "apa"):
        p = [float(row[f"{name}/p_mean"]) for row in rows]
        assert p[:2] == pytest.approx([0.3, 0.3])
        assert abs(p[2] - 0.3) == pytest.approx(2 * 8 / 64)
        assert -1.0 <= float(rows[2][f"{name}/overfit_mean"]) <= 1.0


def test_a_probability_that_is_a_schedule(tmp_path):
    p = {"linear": {"from": 0.0, "to": 0.5, "steps": 2}}
    run = Trainee(TwoPlayerGame, {"augment": [{"name": "ada", "p": p, "target": None}]}).fit(tmp_path, 3)
    rows = list(csv.DictReader((run.folder / "metrics.csv").open()))
    assert [float(row["ada/p_mean"]) for row in rows] == pytest.approx([0.0, 0.25, 0.5])
