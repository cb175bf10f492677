"""A run on shards, stopped in the middle of an epoch and resumed, is the run that was never stopped."""

import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.fit import fit
from gan_lightning.recipe import check


def train(folder, shards, steps, resume=None):
    data = {"name": "webdataset", "shards": f"{shards}/part-{{00..02}}.tar", "window": 8, "batch_size": 6, "flip": True}
    catalog = toy_catalog()
    changes = {"data": data, "train": {"steps": steps}, "sample": None, "checkpoint": {"every": 100}}
    fit(check(toy_recipe(folder, **changes), catalog), catalog, resume=resume)
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)


def test_a_resumed_run_ends_with_the_same_weights(shards, tmp_path):
    whole = train(tmp_path / "whole", shards, 9)
    train(tmp_path / "halves", shards, 4)
    halves = train(tmp_path / "halves", shards, 9, resume="last")
    assert whole["progress"] == halves["progress"]
    assert whole["progress"]["images"] % 20 != 0
    assert all(torch.equal(weight, halves["state_dict"][name]) for name, weight in whole["state_dict"].items())
