"""Signs of a collapse beside the score: samples that are all alike, and a discriminator that teaches nothing."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from troubles import RING, Collapse, Trouble, rows, said, train

from gan_lightning.callbacks.diversity import spread
from gan_lightning.callbacks.saturation import separate
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.recipe import check, load_recipe
from gan_lightning.recipe.options import OptionError
from gan_lightning.run import Run

ROOT = Path(__file__).parent.parent.parent
UNSCORED = {**RING, "evaluate": None, "log": {"every": 10}, "train": {"steps": 300}}
OFTEN = {"diversity_every": 20}


def values(run: Run, name: str) -> dict[int, float]:
    return {int(row["step"]): float(row[name]) for row in rows(run) if row[name]}


@pytest.mark.parametrize(("modes", "least", "most"), [(8, 0.9, 1.1), (4, 0.65, 0.8), (2, 0.25, 0.35), (1, 0.02, 0.06)])
def test_the_spread_tells_how_many_modes_there_are(modes, least, most):
    torch.manual_seed(0)
    ring, some = (_on_a_ring(torch.arange(128) % count * (8 // count)) for count in (8, modes))
    scale = spread(ring, spread(ring, 0.0))
    assert least < spread(some, scale) / scale < most


def _on_a_ring(modes: torch.Tensor) -> torch.Tensor:
    angles = modes * (2 * math.pi / 8)
    return torch.stack([angles.sin(), angles.cos()], 1) + 0.02 * torch.randn(len(modes), 2)


def test_the_spread_of_copies_is_a_thousandth_and_a_stray_sample_changes_little():
    torch.manual_seed(0)
    images = torch.rand(64, 3, 48, 40)
    scale = spread(images, spread(images, 0.0))
    assert spread(images[:1].expand(64, -1, -1, -1), scale) == pytest.approx(scale / 1000)
    stray = torch.cat([images[:1].expand(63, -1, -1, -1), 100 * images[1:2]])
    assert spread(stray, scale) < 0.01 * scale
    assert math.isnan(spread(torch.full((4, 2), math.nan), 1.0))


def test_separation_is_the_area_under_the_curve():
    ones = torch.ones(3)
    assert separate(ones, -torch.ones(2, 4)) == 1.0
    assert separate(ones, ones) == 0.5, "ties count half"
    assert separate(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 0.0])) == 0.75


def test_lost_diversity_stops_a_run_that_has_no_scores(tmp_path):
    with pytest.raises(
        UserError, match=r"collapsed: generated samples are 0\.0\d+ times .* at update 240, once more than 0\.62"
    ):
        train(tmp_path / "run", Collapse(range(190, 999)), **UNSCORED, guard={**OFTEN, "on_collapse": "stop"})
    diversity = values(Run(tmp_path / "run"), "guard/diversity")
    assert diversity[180] > 0.625 > 0.1 > diversity[200]


def test_without_scores_a_collapse_rolls_back_to_when_all_was_well(tmp_path, caplog):
    trouble = Collapse(range(190, 999), above=0.5)
    changes = {**UNSCORED, "checkpoint": {"every": 30, "keep": 9}}
    run = train(tmp_path / "run", trouble, **changes, guard={**OFTEN, "on_collapse": "rollback"})
    (line,) = said(caplog)
    assert "step-000180.ckpt with learning rates times 0.5 (rollback 1 of 3)" in line
    assert read_checkpoint(run.last)["progress"]["updates"] == 300


def test_what_was_never_diverse_is_not_lost(tmp_path, caplog):
    run = train(tmp_path / "run", Collapse(range(999)), **{**UNSCORED, "train": {"steps": 100}}, guard=OFTEN)
    assert max(values(run, "guard/diversity").values()) < 0.1
    assert not said(caplog)


class Certain(Trouble):
    """The discriminator's logits become so large that a saturating loss has no gradient."""

    def act(self, module, batch):
        with torch.no_grad():
            for weight in module.game.networks["discriminator"].head.parameters():
                weight.mul_(1e3)


def test_a_saturated_discriminator_is_told_of_once(tmp_path, caplog):
    slow = {"generator": {"name": "adam", "lr": 1e-4}, "discriminator": {"name": "adam", "lr": 5e-3}}
    changes = {**UNSCORED, "loss": "minimax", "optimizers": slow, "train": {"steps": 200}}
    run = train(tmp_path / "run", Certain({140}), **changes, guard={"saturation_patience": 5, "diversity": None})
    (line,) = said(caplog)
    assert line.startswith("the run has collapsed: the discriminator is right ")
    assert "the generator's gradient has vanished (0 at update 190, once " in line
    assert values(run, "guard/separation")[190] > 0.99


def test_each_sign_can_be_left_out(tmp_path, caplog):
    off = {"diversity": None, "vanishing": None}
    run = train(tmp_path / "run", Collapse(range(190, 999)), **{**UNSCORED, "train": {"steps": 260}}, guard=off)
    assert not said(caplog)
    assert not {"guard/diversity", "guard/separation"} & rows(run)[0].keys()


def test_looking_changes_nothing(tmp_path):
    runs = [
        train(tmp_path / name, Collapse(()), **{**UNSCORED, "train": {"steps": 60}}, guard=guard)
        for name, guard in {"on": OFTEN, "off": {"diversity": None, "vanishing": None}}.items()
    ]
    states = [read_checkpoint(run.last)["state_dict"] for run in runs]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("key", ["diversity", "vanishing", "separation", "diversity_every", "saturation_patience"])
def test_values_out_of_range_name_the_key(tmp_path, key):
    with pytest.raises((UserError, OptionError), match=rf"guard\.{key}: expected at least [01]"):
        check({**UNSCORED, "architecture": "mlp", "run": {"name": "x"}, "guard": {key: -1}}, Catalog.installed())


def quiet(tmp_path, caplog, recipe: str, *changes: str) -> Run:
    """Train a shipped recipe for a while, looking often, and check that nothing is said."""
    often = ["evaluate=null", "sample=null", "log.every=10", "guard.diversity_every=25", "guard.on_collapse=stop"]
    recipe = load_recipe(ROOT / "recipes" / recipe, [*often, f"run.dir={tmp_path / 'run'}", *changes])
    run = fit(recipe, Catalog.installed()).run
    assert not said(caplog)
    return run


NARROW = ("architecture.generator.channels=8", "architecture.discriminator.channels=8", "data.batch_size=16")


def test_healthy_points_are_left_alone(tmp_path, caplog):
    run = quiet(tmp_path, caplog, "ring.yaml", "train.steps=150", "data.batch_size=64")
    assert len(values(run, "guard/separation")) == 15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        ("ring.yaml", ["train.steps=4000"]),
        ("dcgan.yaml", ["train.steps=600", *NARROW[:2]]),
        ("sngan.yaml", ["train.steps=200", *NARROW]),
        ("wgan_gp.yaml", ["train.steps=200", *NARROW]),
    ],
)
def test_healthy_runs_of_each_loss_are_left_alone(tmp_path, caplog, recipe, changes):
    quiet(tmp_path, caplog, recipe, *changes)


@pytest.mark.slow
def test_a_run_that_is_good_and_then_collapses_is_caught(tmp_path):
    changes = ["guard.on_collapse=stop", f"run.dir={tmp_path / 'run'}"]
    recipe = load_recipe(Path(__file__).parent / "collapsing.yaml", changes)
    with pytest.raises(UserError, match=r"the run has collapsed: mode_kl .* best.ckpt is kept"):
        fit(recipe, Catalog.installed())
    run = Run(tmp_path / "run")
    assert read_checkpoint(run.best)["progress"]["updates"] <= 1200
    assert 1100 <= max(int(row["step"]) for row in rows(run)) <= 1700, "of 3000"
