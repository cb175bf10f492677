"""The recipes train; a run resumes in the middle of a scale; commands make pictures, or say in a line what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from single_image_games import CATALOG

from gan_lightning.cli import run
from gan_lightning.fit import fit
from gan_lightning.recipe import load_recipe
from gan_lightning.run import Run
from gan_lightning.testing.runs import first_difference, state_of

RECIPES = Path(__file__).parents[3] / "recipes"
NETWORKS = [
    f"architecture.{role}.{key}={number}"
    for role in ("generator", "discriminator")
    for key, number in (("channels", 4), ("smallest", 12))
]
SMALL = ["data.max_size=24", "sample=null", "evaluate=null", "game.rounds=4", *NETWORKS]


def recipe_of(folder, *overrides, name="singan"):
    return load_recipe(RECIPES / f"{name}.yaml", [*SMALL, *overrides, f"run.dir={folder}"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "singan"
    fit(recipe_of(folder, "train.steps=36"), CATALOG)
    return folder


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize("stop", [6, 12, 21])
def test_a_run_goes_on_within_any_scale_as_if_it_had_never_stopped(trained, tmp_path, stop):
    fit(recipe_of(tmp_path, f"train.steps={stop}"), CATALOG)
    fit(recipe_of(tmp_path, "train.steps=36"), CATALOG, resume="last")
    assert first_difference(state_of(Run(trained)), state_of(Run(tmp_path))) is None


def test_so_does_one_whose_scales_are_trained_together(tmp_path):
    scales = [f"architecture.{role}.scales=3" for role in ("generator", "discriminator")]
    for folder, steps, resume in (("whole", 30, None), ("parts", 21, None), ("parts", 30, "last")):
        fit(recipe_of(tmp_path / folder, f"train.steps={steps}", *scales, name="consingan"), CATALOG, resume=resume)
    assert first_difference(state_of(Run(tmp_path / "whole")), state_of(Run(tmp_path / "parts"))) is None


def test_training_that_ends_before_the_last_scale_says_so(tmp_path, caplog):
    fit(recipe_of(tmp_path / "run", "train.steps=3"), CATALOG)
    assert "train.steps: 3 end before the last scale does; the 3 of them take 36" in caplog.text


def test_resize_makes_samples_of_other_sizes(trained, tmp_path, capsys):
    assert run(["resize", str(trained), "--size", "20x50", "-n", "2", "--out", str(tmp_path)], CATALOG) == 0
    assert "2 samples of 20x50" in capsys.readouterr().out
    made = [Image.open(path) for path in sorted((tmp_path / "20x50-seed0").iterdir())]
    assert [image.size for image in made] == [(50, 20)] * 2
    assert made[0].tobytes() != made[1].tobytes()
    assert run(["resize", str(trained), "--scale-w", "2", "-n", "1", "--out", str(tmp_path)], CATALOG) == 0
    assert Image.open(tmp_path / "16x48-seed0" / "000000.png").size == (48, 16)


@pytest.mark.parametrize(
    ("task", "suffix", "size", "options"),
    [
        ("paint", ".png", (24, 16), []),
        ("edit", ".png", (24, 16), ["--mask", "MASK", "--scale", "1"]),
        ("super_resolution", ".png", (96, 64), ["--times", "2"]),
        ("animate", ".gif", None, ["--frames", "3"]),
    ],
)
def test_edit_writes_what_it_is_asked_for(trained, tmp_path, picture, task, suffix, size, options):
    mask = tmp_path / "mask.png"
    Image.fromarray(np.pad(np.full((8, 8), 255, np.uint8), ((4, 20), (4, 36)))).save(mask)
    options = [str(mask) if option == "MASK" else option for option in options]
    image = [] if task == "animate" else [str(picture)]
    file = tmp_path / f"made{suffix}"
    assert run(["edit", str(trained), *image, "--task", task, "--out", str(file), *options], CATALOG) == 0
    made = Image.open(file)
    assert size in (None, made.size)
    assert getattr(made, "n_frames", 1) == (3 if task == "animate" else 1)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["edit", "RUN", "IMAGE", "--task", "pant"],
            "--task: there is no task 'pant'; did you mean 'paint'",
        ),
        (["edit", "RUN", "nothing.png"], "nothing.png: there is no such image file"),
        (["edit", "RUN"], "IMAGE: it is missing, and this task needs one"),
        (["edit", "RUN", "IMAGE", "--task", "edit", "--mask", "MASK"], "has 10x10 pixels, and IMAGE 32x48"),
        (["edit", "RUN", "IMAGE", "--task", "edit", "--mask", "BLACK"], "--mask: nothing in BLACK is white"),
        (["edit", "RUN", "IMAGE", "--scale", "9"], "scale: expected 1 to 2, got 9"),
        (["edit", "RUN", "IMAGE", "--out", "made.gif"], "--out: expected a file that ends in .png, got made.gif"),
        (["resize", "RUN", "--size", "20"], "--size: expected height and width, such as 64x128, got '20'"),
        (["resize", "RUN", "--size", "20x20", "--scale-h", "2"], "--size: give it, or --scale-h and --scale-w"),
        (["resize", "RUN", "--scale", "3"], "scale: expected 0 to 2, got 3"),
    ],
)
def test_mistakes_are_told_in_one_line(trained, tmp_path, picture, capsys, command, said):
    mask, black = tmp_path / "mask.png", tmp_path / "black.png"
    Image.new("L", (10, 10), 255).save(mask)
    Image.new("L", (48, 32), 0).save(black)
    places = {"RUN": trained, "IMAGE": picture, "MASK": mask, "BLACK": black}
    assert run([str(places.get(word, word)) for word in command], CATALOG) == 2
    told = capsys.readouterr().err
    for word in ("IMAGE", "BLACK"):
        said = said.replace(word, str(places[word])) if not said.startswith("IMAGE") else said
    assert said in told
    assert told.count("\n") == 1
