"""Checkpoint files that are damaged, torn or cannot be written."""

from __future__ import annotations

import json
import logging
import os
import resource

import pytest
import torch
from lightning.pytorch import Callback
from safetensors import safe_open
from toys import TOY, toy_catalog, toy_recipe

import gan_lightning
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import AtomicCheckpointIO, is_whole, read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import check
from gan_lightning.run import Run


def train(folder, *, resume=None, **changes) -> Run:
    catalog = toy_catalog()
    recipe = check(toy_recipe(folder, sample=None, **{"checkpoint": {"every": 4, "keep": 5}, **changes}), catalog)
    return fit(recipe, catalog, resume=resume).run


def flip(path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_told_wherever_it_is(tmp_path, share):
    run = train(tmp_path / "run", train={"steps": 1})
    flip(run.last, int(share * run.last.stat().st_size))
    with pytest.raises(UserError, match=r"last.ckpt is damaged \(sha256 differs\)$"):
        gan_lightning.load(run.last, toy_catalog())


def test_a_checkpoint_without_a_hash_is_read_as_it_is(tmp_path):
    run = train(tmp_path / "run", train={"steps": 1})
    state = read_checkpoint(run.last)
    bare = tmp_path / "bare.ckpt"
    torch.save(state, bare)
    assert read_checkpoint(bare).keys() == state.keys()


def test_last_is_another_name_of_the_newest_numbered_one(tmp_path):
    run = train(tmp_path / "run")
    assert run.last.samefile(run.numbered()[0])
    assert [path.name for path in run.numbered()] == ["step-000012.ckpt", "step-000008.ckpt", "step-000004.ckpt"]


@pytest.mark.parametrize("damage", ["flip", "tear", "empty", "missing"])
def test_resume_passes_over_damaged_checkpoints_and_says_so(tmp_path, caplog, damage):
    whole = train(tmp_path / "whole", train={"steps": 16})
    run = train(tmp_path / "run")
    half = run.last.stat().st_size // 2
    act = {
        "flip": lambda: flip(run.last, half),
        "tear": lambda: os.truncate(run.last, half),
        "empty": lambda: os.truncate(run.last, 0),
        "missing": lambda: [run.last.unlink(), run.numbered()[0].unlink()],
    }
    act[damage]()
    with caplog.at_level(logging.WARNING, "gan_lightning"):
        train(tmp_path / "run", resume="last", train={"steps": 16})
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    said = [record.getMessage() for record in warnings if record.name == "gan_lightning"]
    if damage != "missing":
        assert len(said) == 1
        assert "damaged" in said[0]
        assert said[0].endswith(f"; continuing from {run.checkpoints / 'step-000008.ckpt'}")
    for name, value in read_checkpoint(whole.last)["state_dict"].items():
        assert torch.equal(read_checkpoint(run.last)["state_dict"][name], value)
    assert run.metrics.read_bytes() == whole.metrics.read_bytes()


def test_resume_without_any_whole_checkpoint_is_refused(tmp_path):
    run = train(tmp_path / "run")
    for path in run.numbered():
        flip(path, path.stat().st_size // 2)
    with pytest.raises(UserError, match=r"is damaged .* and no other checkpoint in .* can be read"):
        train(tmp_path / "run", resume="last", train={"steps": 16})


def test_a_file_that_does_not_read_back_never_takes_the_place_of_a_good_one(tmp_path, monkeypatch):
    path = tmp_path / "x.ckpt"
    AtomicCheckpointIO().save_checkpoint({"a": torch.ones(3)}, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: flip(next(tmp_path.glob(".x*")), 100))
    with pytest.raises(OSError, match="does not read back"):
        AtomicCheckpointIO().save_checkpoint({"a": torch.zeros(3)}, path)
    assert path.read_bytes() == before
    assert is_whole(path)
    assert list(tmp_path.iterdir()) == [path]


class FullDisk(Callback):
    """Lets no file grow beyond a size while updates 3 to 7 are made."""

    def on_train_batch_end(self, trainer, pl_module, *args):
        most = 4000 if 3 <= pl_module.updates <= 7 else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def test_a_full_disk_does_not_end_training(tmp_path, caplog):
    hooks = {"callbacks": lambda recipe: [[FullDisk()]]}
    plugin = Plugin("full", "full", "1.0", components={"architecture": {"toy": TOY}}, hooks=hooks)
    catalog = Catalog([*discover(), plugin])
    changes = {"sample": None, "checkpoint": {"every": 2, "keep": 1}}
    with caplog.at_level(logging.WARNING, "gan_lightning"):
        outcome = fit(check(toy_recipe(tmp_path / "run", train={"steps": 7}, **changes), catalog), catalog)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said = [record.getMessage() for record in caplog.records if record.name == "gan_lightning"]
    assert outcome.updates == 7
    assert [path.name for path in outcome.run.numbered()] == ["step-000002.ckpt"], "the old one stays"
    assert len(said) == 3, "updates 4, 6 and the last"
    assert all("could not be written" in line and "training goes on" in line for line in said)
    assert read_checkpoint(outcome.run.last)["progress"]["updates"] == 2
    assert not list(outcome.run.folder.rglob("*.tmp"))


def test_the_average_is_there_as_safetensors_with_recipe_and_data(tmp_path):
    run = train(tmp_path / "run")
    state = read_checkpoint(run.last)["state_dict"]
    with safe_open(run.checkpoints / "last.safetensors", "pt") as file:
        facts = file.metadata()
        for name in file.keys():  # noqa: SIM118  (it is no mapping)
            assert torch.equal(file.get_tensor(name), state[f"ema.networks.{name}"])
    assert json.loads(facts["recipe"])["run"]["name"] == "toy"
    assert json.loads(facts["data"])["shape"]
    assert facts["updates"] == "12"


def test_leftovers_of_a_killed_process_are_cleared_away(tmp_path):
    run = Run(tmp_path / "run")
    train(run.folder)
    leftover = run.checkpoints / ".step-000004.ckpt.123.tmp"
    leftover.write_bytes(b"half")
    train(run.folder, resume="last", train={"steps": 13})
    assert not leftover.exists()


def test_an_exception_in_a_callback_leaves_a_run_that_continues(tmp_path):
    whole = train(tmp_path / "whole")
    hooks = {"callbacks": lambda recipe: [[Faulty()]]}
    plugin = Plugin("faulty", "faulty", "1.0", components={"architecture": {"toy": TOY}}, hooks=hooks)
    catalog = Catalog([*discover(), plugin])
    recipe = toy_recipe(tmp_path / "run", sample=None, checkpoint={"every": 4, "keep": 5})
    with pytest.raises(ZeroDivisionError):
        fit(check(recipe, catalog), catalog)
    run = train(tmp_path / "run", resume="last")
    for name, value in read_checkpoint(whole.last)["state_dict"].items():
        assert torch.equal(read_checkpoint(run.last)["state_dict"][name], value)
    assert run.metrics.read_bytes() == whole.metrics.read_bytes()


class Faulty(Callback):
    def on_train_batch_end(self, trainer, pl_module, *args):
        if pl_module.updates == 7:
            raise ZeroDivisionError
