"""Training that begins with the networks of another run."""

from __future__ import annotations

import pytest
import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.errors import UserError
from gan_lightning.fit import Session, fit
from gan_lightning.recipe import check
from gan_lightning.transfer import begin_with

DIGITS = {"name": "digits", "resolution": 8, "batch_size": 8}
LABELLED = {"data": DIGITS, "game": {"name": "two_player", "conditional": True}}


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


def trained(folder, catalog, **changes):
    return fit(check(toy_recipe(folder, **{"train": {"steps": 3}, "sample": None, **changes}), catalog), catalog)


@pytest.fixture(scope="module")
def source(tmp_path_factory, catalog):
    return trained(tmp_path_factory.mktemp("source") / "run", catalog).run


def prepared(folder, catalog, **changes):
    return Session.prepare(check(toy_recipe(folder, **changes), catalog), catalog).module


def test_networks_and_averages_are_taken_over_and_counters_are_not(tmp_path, catalog, source):
    module = prepared(tmp_path, catalog, seed=5)
    begin_with(module, source.folder)
    saved = torch.load(source.last, weights_only=True)["state_dict"]
    own = module.state_dict()
    assert {name for name in saved if not torch.equal(saved[name], own[name])} == set()
    assert (module.updates, module.images) == (0, 0)


def test_a_run_begins_with_them_but_a_resumed_one_does_not(tmp_path, catalog, source):
    still = {name: {"name": "adam", "lr": 1e-30} for name in ("generator", "discriminator")}
    recipe = {"train": {"steps": 2, "start": str(source.folder)}, "optimizers": still, "checkpoint": {"every": 1}}
    run = trained(tmp_path / "run", catalog, **recipe).run
    saved, made = (torch.load(one.last, weights_only=True)["state_dict"] for one in (source, run))
    name = "game.networks.generator.net.0.weight"
    assert torch.allclose(saved[name], made[name])
    recipe["train"] |= {"steps": 3, "start": str(tmp_path / "gone.ckpt")}
    resumed = check(toy_recipe(tmp_path / "run", sample=None, **recipe), catalog)
    assert fit(resumed, catalog, resume="last").updates == 3


def test_averages_without_a_counterpart_begin_as_the_networks(tmp_path, catalog):
    source = trained(tmp_path / "run", catalog, ema=None).run
    module = prepared(tmp_path, catalog, seed=5)
    begin_with(module, source.last)
    own = module.state_dict()
    name = "networks.generator.net.0.weight"
    assert torch.equal(own[f"ema.{name}"], own[f"game.{name}"])


def test_what_depends_on_the_classes_begins_anew_and_that_is_told(tmp_path, catalog, caplog):
    source = trained(tmp_path / "run", catalog, **LABELLED).run
    module = prepared(tmp_path, catalog, **{**LABELLED, "game": "two_player"})
    before = {name: value.clone() for name, value in module.state_dict().items()}
    begin_with(module, source.folder)
    changed = {name for name, value in module.state_dict().items() if not torch.equal(value, before[name])}
    assert "game.networks.generator.net.3.weight" in changed
    assert "game.networks.generator.net.0.weight" not in changed
    assert "lacks game.networks.generator.net.0.weight, which begins anew" in caplog.text


def test_another_network_and_no_checkpoint_are_refused(tmp_path, catalog, source):
    wider = {"architecture": {"name": "toy", "generator": {"width": 9}}}
    with pytest.raises(UserError, match=r"train\.start: .* has only 1 of 4 tensors of game\.networks\.generator"):
        begin_with(prepared(tmp_path, catalog, **wider), source.folder)
    with pytest.raises(UserError, match=r"gone\.ckpt"):
        begin_with(prepared(tmp_path, catalog), tmp_path / "gone.ckpt")


def test_the_command_line_says_it_too(tmp_path, catalog, source, capsys):
    import yaml

    from gan_lightning.cli import run

    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(toy_recipe(tmp_path / "run", train={"steps": 1}, sample=None)))
    assert run(["fit", "--recipe", str(path), "--from", str(source.folder)], catalog) == 0
    assert f"start: {source.folder}" in (tmp_path / "run" / "recipe.yaml").read_text()
    capsys.readouterr()
    words = ["fit", "--recipe", str(path), "--from", str(tmp_path / "gone"), f"run.dir={tmp_path / 'other'}"]
    assert run(words, catalog) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "other").exists()
