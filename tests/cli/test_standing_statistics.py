"""Batch statistics averaged over forwards, asked for by `sample`, `evaluate` and a recipe."""

import json

import pytest
import torch
from torch import nn
from toys import ToyDiscriminator, ToyGenerator, toy_catalog

import gan_lightning
from gan_lightning.components import Architecture


class Normalised(ToyGenerator):
    """The toy generator with batch normalisation in it."""

    def __init__(self, data, classes):
        super().__init__(data, classes)
        self.net[1] = nn.Sequential(nn.BatchNorm1d(16), nn.ReLU())


@pytest.fixture(scope="session")
def catalog():
    return toy_catalog(
        architecture={"normalised": Architecture({"generator": Normalised, "discriminator": ToyDiscriminator})}
    )


SCORED = {"every": 12, "samples": 100, "metrics": ["modes"], "standing": 5}


@pytest.fixture
def trained(shell):
    shell.works("fit", "--recipe", shell.recipe(architecture="normalised", evaluate=SCORED))
    return shell.run_folder


def test_scores_tell_and_are_made_again(shell, trained):
    rows = [json.loads(line) for line in (trained / "results.jsonl").read_text().splitlines()]
    assert {row["protocol"]["standing_statistics"] for row in rows} == {5}
    again = shell.folder / "again.jsonl"
    shell.works("evaluate", trained / "checkpoints" / "last.ckpt", "--out", again)
    (row,) = [json.loads(line) for line in again.read_text().splitlines()]
    assert (row["values"], row["protocol"]) == (rows[-1]["values"], rows[-1]["protocol"])
    out = shell.works("evaluate", trained / "checkpoints" / "last.ckpt", "--standing-statistics", 7)
    assert "standing_statistics 7" in out


def test_samples_are_made_with_them(shell, trained, catalog):
    for name, words in {"plain": [], "standing": ["--standing-statistics", 5]}.items():
        shell.works("sample", trained, "-n", 5, "--out", shell.folder / name, *words)
    plain, standing = ((shell.folder / name / "points.csv").read_text() for name in ("plain", "standing"))
    assert plain != standing
    game = gan_lightning.load(trained, catalog)
    first = game.sample(5, standing=5)
    assert not torch.equal(first, game.sample(5))
    assert torch.equal(first, game.sample(70, standing=5)[:5])
    assert not torch.equal(first, game.sample(5, standing=5, truncation=0.5))


def test_there_must_be_something_to_average(shell, points_run, digits_run):
    shell.refuses(["sample", points_run, "--standing-statistics", 5], "no batch normalisation")
    shell.refuses(["sample", points_run, "--standing-statistics", 0], "standing")
    folder = shell.folder / "images"
    shell.works("sample", digits_run, "-n", 2, "--out", folder)
    words = ["evaluate", folder, "--data", "digits", "--standing-statistics", 5]
    shell.refuses(words, "--standing-statistics: the images in", "are made already")


def test_a_recipe_asks_for_one_or_more(shell):
    shell.refuses_fit(shell.recipe(evaluate={**SCORED, "standing": 0}), "evaluate.standing", "at least 1")
