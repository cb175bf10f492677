"""`interpolate`, `project`, `mix`, `directions`, `export` and sweeps over classes, on trained games."""

import json

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file
from styled_toys import styled_catalog
from toys import toy_recipe

import gan_lightning
from gan_lightning.cli import run


@pytest.fixture(scope="module")
def styled():
    return styled_catalog()


@pytest.fixture(scope="module")
def styled_run(tmp_path_factory, styled):
    """A finished conditional run with styles; not to be changed."""
    folder = tmp_path_factory.mktemp("styled")
    data = {"name": "digits", "resolution": 8, "batch_size": 8}
    game = {"name": "two_player", "conditional": True}
    recipe = toy_recipe(folder / "run", architecture="styled", data=data, game=game, train={"steps": 2})
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert run(["fit", "--recipe", str(folder / "recipe.yaml")], styled) == 0
    return folder / "run"


def size(path):
    with Image.open(path) as image:
        return image.size


def frames(path):
    with Image.open(path) as film:
        return film.n_frames


def test_a_walk_is_a_strip_and_a_film(shell, digits_run):
    words = ["--seeds", "1,2,5-6", "--steps", 3, "--out", shell.folder]
    out = shell.works("interpolate", digits_run, *words)
    assert out.startswith("12 frames in ")
    assert size(shell.folder / "interpolate-z-seed1.png") == (3 * 34 + 2, 4 * 34 + 2)
    assert frames(shell.folder / "interpolate-z-seed1.gif") == 12
    shell.works("interpolate", digits_run, *words, "--no-loop")
    assert frames(shell.folder / "interpolate-z-seed1.gif") == 9


def test_a_walk_begins_with_the_sample_of_its_seed(shell, digits_run):
    shell.works("interpolate", digits_run, "--seeds", "3,4", "--steps", 2, "--class", 7, "--out", shell.folder)
    shell.works("sample", digits_run, "-n", 1, "--seed", 3, "--class", 7, "--out", shell.folder)
    with Image.open(shell.folder / "interpolate-z-seed3.png") as strip, Image.open(shell.folder / "000000.png") as one:
        first = np.asarray(strip)[2:34:4, 2:34:4]
        assert np.abs(first.astype(int) - np.asarray(one)).max() <= 1


def test_one_latent_may_walk_through_classes(shell, digits_run):
    out = shell.works("interpolate", digits_run, "--seeds", 1, "--class", "0,4,7", "--steps", 4, "--out", shell.folder)
    assert out.startswith("12 frames")
    assert frames(shell.folder / "interpolate-z-seed1.gif") > 3


def test_styles_are_walked_between_where_there_are_styles(shell, styled_run, styled):
    words = ["interpolate", styled_run, "--seeds", "1,2", "--steps", 2, "--class", "3,4", "--out", shell.folder]
    shell.works(*words, catalog=styled)
    assert (shell.folder / "interpolate-w-seed1.png").is_file()
    shell.works(*words, "--space", "z", catalog=styled)
    assert (shell.folder / "interpolate-z-seed1.png").is_file()


def test_films_are_mp4_where_it_can_be_written(shell, digits_run, monkeypatch):
    words = ["interpolate", digits_run, "--seeds", "1,2", "--steps", 4, "--mp4", "--out", shell.folder]
    pytest.importorskip("imageio_ffmpeg")
    shell.works(*words)
    assert (shell.folder / "interpolate-z-seed1.mp4").read_bytes()[4:8] == b"ftyp"
    monkeypatch.setattr("gan_lightning.editing.films.find_spec", lambda name: None)
    shell.refuses(words, "--mp4 needs imageio-ffmpeg", "gan-lightning[video]")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "1,b"], "--seeds: expected numbers and ranges"),
        (["--seeds", "5-2"], "--seeds: expected numbers and ranges"),
        (["--seeds", "1"], "two keys"),
        (["--seeds", "1,2", "--class", "1,2,3"], "--class: expected 1 or 2"),
        (["--seeds", "1,2", "--class", "cat"], "there is no class 'cat'"),
        (["--space", "w"], "has no styles"),
        (["--space", "x"], "--space"),
        (["--steps", "1"], "--steps"),
    ],
)
def test_walks_that_cannot_be_are_refused_in_one_line(shell, digits_run, words, said):
    shell.refuses(["interpolate", digits_run, *words, "--out", shell.folder / "none"], said)
    assert not (shell.folder / "none").exists()


@pytest.mark.parametrize("words", [["interpolate"], ["mix"], ["directions"]])
def test_points_are_not_edited(shell, points_run, words):
    shell.refuses([*words, points_run], "only those of images")


def test_an_image_is_projected(shell, styled_run, styled):
    target = shell.folder / "seven.png"
    Image.fromarray(np.linspace(0, 255, 12 * 20).reshape(12, 20).astype(np.uint8)).save(target)
    words = ["project", styled_run, target, "--steps", 2, "--out", shell.folder]
    out = shell.works(*words, catalog=styled)
    assert out == shell.works(*words, catalog=styled), "it is a function of the seed"
    assert "network efficientnet_lite0" in out
    assert size(shell.folder / "project-w-seven.png") == (2 * 34 + 2, 34 + 2)
    found = load_file(shell.folder / "project-w-seven.safetensors")
    assert {name: tuple(value.shape) for name, value in found.items()} == {"styles": (1, 3, 8)}
    shell.works(*words, "--space", "z", "--class", 4, catalog=styled)
    latent = load_file(shell.folder / "project-z-seven.safetensors")
    assert latent["labels"].tolist() == [4]
    generator = gan_lightning.load(styled_run, styled).networks["generator"].eval()
    assert generator(latent["latents"], latent["labels"]).shape == (1, 1, 8, 8)


def test_a_target_that_is_none_is_refused(shell, digits_run):
    (shell.folder / "text.png").write_text("no image")
    shell.refuses(["project", digits_run, shell.folder / "none.png"], "there is no such image file")
    shell.refuses(["project", digits_run, shell.folder / "text.png"], "text.png")


def test_styles_are_mixed(shell, styled_run, styled, digits_run):
    words = ["--rows", "0-1", "--columns", "2,3,4", "--layers", "0-1", "--out", shell.folder]
    assert shell.works("mix", styled_run, *words, catalog=styled).startswith("2 x 3 mixtures")
    assert size(shell.folder / "mix-layers0-1.png") == (4 * 34 + 2, 3 * 34 + 2)
    shell.refuses(["mix", styled_run, "--layers", "2-9"], "layers 0-2", catalog=styled)
    shell.refuses(["mix", digits_run], "has no styles")


def test_directions_are_a_strip_each(shell, styled_run, styled, digits_run):
    for words, catalog in (([digits_run], None), ([styled_run, "--layers", "0"], styled)):
        shell.works("directions", *words, "--count", 2, "--steps", 5, "--out", shell.folder, catalog=catalog)
        assert size(shell.folder / "directions-seed0.png") == (5 * 34 + 2, 2 * 34 + 2)
    shell.refuses(["directions", digits_run, "--count", 5], "there are 4 directions")
    shell.refuses(["directions", digits_run, "--count", 1, "--layers", "0"], "--layers: this generator has no styles")


def test_the_middle_of_a_direction_is_the_sample(shell, digits_run):
    shell.works("directions", digits_run, "--count", 1, "--steps", 3, "--seed", 5, "--out", shell.folder)
    shell.works("sample", digits_run, "-n", 1, "--seed", 5, "--out", shell.folder)
    with Image.open(shell.folder / "directions-seed5.png") as strip, Image.open(shell.folder / "000000.png") as one:
        middle = np.asarray(strip)[2:34:4, 36:68:4]
        assert np.abs(middle.astype(int) - np.asarray(one)).max() <= 1
        assert np.abs(np.asarray(strip)[2:34:4, 2:34:4].astype(int) - np.asarray(one)).max() > 1


def test_a_sweep_has_a_row_for_each_class_and_one_latent_a_column(shell, digits_run, catalog):
    words = ["sample", digits_run, "--grid", "-n", 3, "--out", shell.folder]
    assert shell.works(*words, "--classes", "all").startswith("10 classes of 3 samples")
    assert size(shell.folder / "classes-seed0.png") == (3 * 34 + 2, 10 * 34 + 2)
    shell.works(*words, "--classes", "7,2")
    trained = gan_lightning.load(digits_run, catalog)
    with Image.open(shell.folder / "classes-seed0.png") as sweep:
        second = np.asarray(sweep)[36:68:4, 2:34:4]
    wanted = ((trained.sample(1, label=2)[0, 0] + 1) * 127.5).round()
    assert np.abs(second.astype(int) - wanted.numpy()).max() <= 1
    shell.refuses([*words, "--classes", "7,cow"], "there is no class 'cow'")
    shell.refuses([*words, "--classes", "all", "--class", "1"], "--classes", "--class")
    shell.refuses(["sample", digits_run, "--classes", "all"], "--classes", "--grid")


def test_a_sweep_needs_classes(shell, points_run):
    shell.refuses(["sample", points_run, "--classes", "all", "--grid"], "not conditional")


def test_a_generator_is_exported(shell, digits_run, styled_run, styled):
    out = shell.works("export", digits_run, "--format", "torch", "--out", shell.folder / "digits.any")
    assert out.startswith("latents, labels -> samples in ")
    loaded = torch.export.load(shell.folder / "digits.pt2").module()
    assert loaded(torch.zeros(5, 4), torch.arange(5)).shape == (5, 1, 8, 8)
    shell.works("export", styled_run, "--format", "safetensors", "--out", shell.folder / "styled", catalog=styled)
    facts = json.loads((shell.folder / "styled.json").read_text())
    assert list(facts["inputs"]) == ["latents", "labels", "truncation"]
    shell.refuses(["export", digits_run, "--format", "tflite"], "--format")


def test_points_are_exported_too(shell, points_run):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    out = shell.works("export", points_run, "--out", shell.folder / "points.onnx")
    assert "of PyTorch's samples" in out


def test_the_family_is_a_tree_or_a_drawing(shell):
    out = shell.works("family", "--root", "wasserstein", "--kind", "loss", "--kind", "penalty")
    assert "wasserstein  2017 loss" in out
    assert "gradient_penalty" in out
    shell.works("family", "--format", "svg", "--out", shell.folder / "tree.svg")
    shell.works("family", "--format", "html", "--out", shell.folder / "tree.html")
    assert (shell.folder / "tree.svg").read_text().startswith("<svg")
    assert (shell.folder / "tree.html").read_text().startswith("<!doctype html>")
    shell.refuses(["family", "--root", "wassertein"], "did you mean 'wasserstein'")
    shell.refuses(["family", "--kind", "los"], "there is no kind 'los'")
