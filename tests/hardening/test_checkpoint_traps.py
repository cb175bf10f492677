"""What a checkpoint holds and where it may lie."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch
from PIL import Image
from toys import toy_catalog, toy_recipe

import gan_lightning
from gan_lightning.checkpoint import PRODUCT, read_checkpoint
from gan_lightning.ema import EMA
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.recipe import check
from gan_lightning.run import Run


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


def kinds(value) -> set[type]:
    """Return the types of all that is in nested containers."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value)}.union(*map(kinds, parts))


def test_facts_are_plain_containers_whatever_the_recipe_is_made_of(catalog, tmp_path):
    for index in range(4):
        Image.new("L", (8, 8), 40 * index).save(tmp_path / f"{index}.png")
    changes = {
        "data": {"name": "folder", "path": tmp_path, "resolution": [8, 8], "batch_size": 2},
        "penalties": [{"name": "r1", "weight": {"linear": {"from": 0.0, "to": 1.0}}}],
        "run": {"name": "toy", "dir": tmp_path / "run"},
    }
    outcome = fit(check(toy_recipe(None, train={"steps": 1}, **changes), catalog), catalog)
    facts = read_checkpoint(outcome.run.last)[PRODUCT]
    assert kinds(facts) <= {dict, list, str, int, float, bool, type(None)}
    assert gan_lightning.load(outcome.run.folder, catalog).recipe.run.dir == tmp_path / "run"


def test_a_run_folder_may_be_moved(catalog, tmp_path):
    changes = {"sample": None, "evaluate": {"every": 4, "samples": 50, "metrics": ["modes"], "best": "mode_kl"}}
    whole = fit(check(toy_recipe(tmp_path / "whole", **changes), catalog), catalog)
    short = fit(check(toy_recipe(tmp_path / "here", train={"steps": 6}, **changes), catalog), catalog)
    short.run.folder.rename(tmp_path / "there")
    again = fit(check(toy_recipe(tmp_path / "there", **changes), catalog), catalog, resume="last")
    assert not short.run.folder.exists()
    for name, value in read_checkpoint(whole.run.last)["state_dict"].items():
        assert torch.equal(read_checkpoint(again.run.last)["state_dict"][name], value), name
    assert again.scores.best_value == whole.scores.best_value


def test_an_address_is_no_checkpoint(catalog):
    with pytest.raises(UserError, match="there is no checkpoint http"):
        gan_lightning.load("https://example.org/last.ckpt", catalog)


def test_a_refused_permission_is_told_and_not_swallowed(catalog, tmp_path, monkeypatch, caplog):
    replace = Path.replace

    def refuse(self, target):
        if Path(target).suffix == ".ckpt":
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with caplog.at_level(logging.WARNING, "gan_lightning"):
        outcome = fit(check(toy_recipe(tmp_path / "run", train={"steps": 2}), catalog), catalog)
    (said,) = {record.getMessage() for record in caplog.records if record.name == "gan_lightning"}
    assert "step-000002.ckpt could not be written" in said
    assert "Permission denied" in said
    assert not Run(outcome.run.folder).numbered()


def test_counts_among_buffers_are_copied_into_the_average():
    network = torch.nn.BatchNorm1d(2)
    ema = EMA({"generator": network}, half_life_images=10)
    for updates in range(1, 4):
        network(torch.randn(4, 2))
        ema.update(updates=updates, batch=4, images=4 * updates)
    assert int(ema.networks["generator"].num_batches_tracked) == 3


def test_weights_that_do_not_fit_are_named(catalog, tmp_path):
    run = fit(check(toy_recipe(tmp_path / "run", train={"steps": 1}, sample=None), catalog), catalog).run
    state = read_checkpoint(run.last)
    state[PRODUCT]["recipe"]["architecture"]["generator"]["width"] = 5
    torch.save(state, tmp_path / "x.ckpt")
    with pytest.raises(UserError, match=r"do not fit the networks of its recipe: size mismatch for .*net\.0\.weight"):
        gan_lightning.load(tmp_path / "x.ckpt", catalog)
