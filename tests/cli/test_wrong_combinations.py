"""Recipes whose parts are each right and do not fit together, the data, or the machine."""

import pytest
from toys import ToyDiscriminator, ToyGenerator, toy_catalog

from gan_lightning.catalog import Catalog
from gan_lightning.components import Architecture
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.plugins import Plugin

DIGITS = {"name": "digits", "resolution": 8, "batch_size": 16}


class PowersOnly(ToyGenerator):
    """Makes images of 16x16 only."""

    def __init__(self, data, classes, *, width: int = 16):
        if data.shape[-1] != 16:
            raise UnsupportedShapeError(f"images of {data.shape[-1]} pixels cannot be made; the nearest is 16")
        super().__init__(data, classes, width=width)


def test_a_resolution_that_a_network_cannot_make(shell):
    picky = Architecture({"generator": PowersOnly, "discriminator": ToyDiscriminator})
    recipe = shell.recipe(data=DIGITS, architecture="picky")
    shell.refuses_fit(
        recipe, "architecture.generator: images of 8 pixels", "16", catalog=toy_catalog(architecture={"picky": picky})
    )


def test_a_conditional_game_on_data_without_labels(shell):
    from PIL import Image

    folder = shell.folder / "images"
    folder.mkdir()
    for index in range(4):
        Image.new("L", (8, 8), index).save(folder / f"{index}.png")
    recipe = shell.recipe(
        data={"name": "folder", "path": str(folder), "resolution": 8, "batch_size": 2, "labels": False},
        game={"name": "two_player", "conditional": True},
    )
    shell.refuses_fit(recipe, "game.conditional: the data have no labels")


def test_data_that_are_not_there(shell):
    recipe = shell.recipe(data={"name": "folder", "path": str(shell.folder / "nowhere"), "batch_size": 2})
    shell.refuses_fit(recipe, "nowhere")


def test_a_schedule_on_an_option_that_is_read_once(shell):
    ramp = {"linear": {"from": 0.0, "to": 0.5}}
    recipe = shell.recipe(architecture={"name": "toy", "generator": {"dropout": ramp}})
    shell.refuses_fit(recipe, "architecture.generator.dropout", "cannot follow a schedule")


def test_a_schedule_on_a_whole_number(shell):
    recipe = shell.recipe(train={"steps": {"linear": {"from": 1.0, "to": 5.0}}})
    shell.refuses_fit(recipe, "train.steps: expected a whole number")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"game": {"name": "two_player", "n_dis": 0}}, "game.n_dis: expected at least 1, got 0"),
        ({"loss": None}, "loss: this game needs one"),
        (
            {"architecture": {"name": "toy", "generator": {"dropout": 2.0}}},
            "gan-lightning: architecture.generator: dropout probability has to be between 0 and 1",
        ),
        ({"architecture": {"name": "toy", "generator": {"width": -3}}}, "gan-lightning: architecture.generator: "),
        ({"data": {"name": "mixture", "modes": 5, "layout": "grid"}}, "data.modes: a grid needs a square number"),
        (
            {"trainer": {"accelerator": "cpu", "devices": 3}},
            "data.batch_size: 16 images cannot be shared out evenly to 3 processes",
        ),
        (
            {"trainer": {"accelerator": "cpu", "devices": 1, "precision": "16-mixed"}},
            "trainer.precision: float16 needs",
        ),
        ({"trainer": {"accelerator": "cpu", "devices": 1, "precision": "bf61-mixed"}}, "precision"),
        ({"trainer": {"accelerator": "cpu", "devices": 1, "strategy": "dpd"}}, "strategy"),
        ({"trainer": {"accelerator": "cpu", "devices": 1, "strategy": "deepspeed"}}, "strategy"),
        ({"trainer": {"accelerator": "abacus", "devices": 1}}, "accelerator"),
        ({"trainer": {"accelerator": "cpu", "devices": "many"}}, "devices"),
        ({"trainer": {"accelerator": "cpu", "devices": 0}}, "devices"),
        ({"data": DIGITS, "evaluate": {"metrics": ["modes"], "samples": 50}}, "metric 'modes': digits is no mixture"),
        (
            {"evaluate": {"metrics": ["modes"], "extractor": "efficientnet_lite0", "samples": 50}},
            "evaluate.extractor: extractors see images",
        ),
        ({"ema": {"half_life_images": -1.0}}, "ema"),
        ({"optimizers": {"generator": {"name": "adam", "lr": -1.0}, "discriminator": "adam"}}, "optimizers.generator"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(shell, changes, said):
    shell.refuses_fit(shell.recipe(**changes), said)


def _broken(kind="loss", name="lost"):
    gone = Plugin("gone", "gone-dist", "2.0", error="ImportError: no module named 'gone_ops'")
    return Catalog([*toy_catalog().plugins, gone])


def test_a_component_of_a_broken_plugin_names_the_plugin(shell):
    line = shell.refuses_fit(shell.recipe(loss="lost"), "no loss 'lost'", catalog=_broken())
    assert "left out: gone (gone-dist 2.0): ImportError: no module named 'gone_ops'" in line


def test_a_component_whose_module_fails_names_the_plugin(shell):
    offered = {"loss": {"late": "no_such_module:Late"}}
    late = Plugin("late", "late-dist", "3.1", components=offered)
    shell.refuses_fit(
        shell.recipe(loss="late"),
        "late (late-dist 3.1)",
        "no_such_module",
        catalog=Catalog([*toy_catalog().plugins, late]),
    )


def test_a_blocked_plugin_is_named(shell):
    from gan_lightning.cli import run

    recipe = shell.recipe(architecture="mlp")
    shell.capsys.readouterr()
    assert run(["--no-plugin", "losses", "fit", "--recipe", str(recipe)]) == 2
    (line,) = shell.capsys.readouterr().err.splitlines()
    assert "no loss 'non_saturating'" in line
    assert "blocked with --no-plugin" in line
    assert not shell.run_folder.exists()
