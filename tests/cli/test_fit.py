"""What `fit` writes and says, and that a stopped run continues as if it had not stopped."""

import csv
import json

import pytest
import torch
import yaml

from gan_lightning.recipe import load_recipe

SCORED = {
    "game": {"name": "two_player", "n_dis": 3},
    "evaluate": {"every": 4, "samples": 100, "metrics": ["modes"], "best": "mode_kl"},
}


def test_a_run_folder_holds_everything(points_run):
    assert {path.name for path in points_run.iterdir()} == {
        "checkpoints",
        "metrics.csv",
        "recipe.yaml",
        "results.jsonl",
        "samples",
    }
    pictures = sorted(path.name for path in (points_run / "samples").iterdir())
    assert pictures == ["step-000000.png", "step-000006.png", "step-000012.png"]
    for path in (points_run / "samples").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_checkpoints_count_generator_updates_not_steps_of_optimizers(points_run):
    names = sorted(path.name for path in (points_run / "checkpoints").iterdir())
    averages = ["best.safetensors", "last.safetensors"]
    assert names == sorted(["best.ckpt", "last.ckpt", "step-000010.ckpt", "step-000012.ckpt", *averages])
    last = torch.load(points_run / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["progress"] == {"updates": 12, "rounds": 12, "images": 12 * 3 * 16}
    assert last["global_step"] == 12


def test_rows_and_scores_count_generator_updates(points_run):
    with (points_run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 2, 4, 6, 8, 10, 12]
    assert rows[-1]["images"] == str(12 * 3 * 16)
    assert float(rows[-1]["generator/loss"]) > 0
    results = [json.loads(line) for line in (points_run / "results.jsonl").read_text().splitlines()]
    assert [row["step"] for row in results] == [0, 6, 12]
    assert {row["protocol"]["fake_count"] for row in results} == {200}


def test_the_summary_says_where_everything_is(shell):
    out = shell.works("fit", "--recipe", shell.recipe(**SCORED, train={"steps": 4}))
    *_, scores, done = out.splitlines()
    assert scores.startswith("scores: modes ")
    assert "best mode_kl" in scores
    assert done.startswith(f"done: 4 updates, {4 * 3 * 16} images; ")
    for name, place in {"samples": "samples", "metrics": "metrics.csv", "last": "checkpoints/last.ckpt"}.items():
        assert f"{name} {shell.run_folder / place}" in done


def test_a_best_value_of_zero_is_told(shell, monkeypatch):
    from gan_lightning.metrics.modes import ModeCoverage

    monkeypatch.setattr(ModeCoverage, "compute", lambda self: {"mode_kl": torch.tensor(0.0)})
    out = shell.works("fit", "--recipe", shell.recipe(**SCORED, train={"steps": 1}))
    assert "best mode_kl 0 at update 0" in out


def test_a_dry_run_writes_nothing_and_tells_sizes(shell, files):
    recipe = shell.recipe()
    before = files(shell.folder)
    out = shell.works("fit", "--recipe", recipe, "--dry-run")
    assert files(shell.folder) == before
    assert "generator: 114 parameters" in out  # 4 x 16 + 16 + 16 x 2 + 2
    assert "discriminator: 65 parameters" in out  # 2 x 16 + 16 + 16 + 1 + 16 + 1
    assert "steps: 12" in out
    assert "memory:" in out


@pytest.mark.parametrize("run", ["points_run", "digits_run"])
def test_the_resolved_recipe_is_a_recipe_that_resolves_to_itself(request, catalog, run):
    path = request.getfixturevalue(run) / "recipe.yaml"
    assert load_recipe(path, (), catalog).as_dict() == yaml.safe_load(path.read_text())


def test_a_schedule_survives_the_resolved_recipe(shell):
    lr = {"cosine": {"from": 2.0e-4, "to": 0.0, "images": 100.0, "after": 16.0}}
    optimizers = {"generator": {"name": "adam", "lr": lr}, "discriminator": "adam"}
    shell.works("fit", "--recipe", shell.recipe(optimizers=optimizers, train={"steps": 1}))
    resolved = shell.run_folder / "recipe.yaml"
    assert yaml.safe_load(resolved.read_text())["optimizers"]["generator"]["lr"] == lr
    assert load_recipe(resolved, (), shell.catalog).as_dict() == yaml.safe_load(resolved.read_text())


def _stopped_and_whole(shell, stop, **changes):
    """Return the folders of a run that was stopped and resumed, and of one that was not."""
    recipe = shell.recipe(**changes)
    parts, whole = shell.folder / "parts", shell.folder / "whole"
    shell.works("fit", "--recipe", recipe, f"run.dir={whole}")
    shell.works("fit", "--recipe", recipe, f"run.dir={parts}", f"train.steps={stop}")
    shell.works("fit", "--recipe", recipe, f"run.dir={parts}", "--resume", "last")
    return parts, whole


@pytest.mark.parametrize("stop", [6, 7])
def test_a_resumed_run_equals_one_that_never_stopped(shell, stop):
    penalties = [{"name": "r1", "every": 3}]
    parts, whole = _stopped_and_whole(shell, stop, loss="hinge", penalties=penalties)
    assert (parts / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    mine, theirs = (torch.load(run / "checkpoints/last.ckpt", weights_only=True) for run in (parts, whole))
    assert mine["progress"] == theirs["progress"]
    for name, value in theirs["state_dict"].items():
        assert torch.equal(mine["state_dict"][name], value), name


def test_a_resumed_run_has_the_scores_of_one_that_never_stopped(shell):
    parts, whole = _stopped_and_whole(shell, 8, **SCORED)
    assert (parts / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()
    scores = [[json.loads(line) for line in (run / "results.jsonl").read_text().splitlines()] for run in (parts, whole)]
    mine, theirs = [[(row["step"], row["values"], row["protocol"]) for row in rows] for rows in scores]
    assert [step for step, *_ in mine] == [0, 4, 8, 12]
    assert mine == theirs


def test_resume_from_an_earlier_checkpoint_drops_what_came_after(shell):
    recipe = shell.recipe(**SCORED)
    shell.works("fit", "--recipe", recipe)
    before = (shell.run_folder / "metrics.csv").read_bytes()
    earlier = shell.run_folder / "checkpoints" / "step-000010.ckpt"
    shell.works("fit", "--recipe", recipe, "--resume", earlier)
    assert (shell.run_folder / "metrics.csv").read_bytes() == before


def test_recipes_compose(shell):
    shell.recipe().rename(shell.folder / "base.yaml")
    middle = "extends: base.yaml\nloss: wasserstein\ntrain: {accumulate: 2}\n"
    shell.write(middle, "middle.yaml")
    top = shell.write("extends: middle.yaml\nrun: {name: top}\nseed: 3\n", "top.yaml")
    recipe = load_recipe(top, ("train.steps=2", "data.count=100"), shell.catalog)
    assert recipe.loss is not None
    assert (recipe.loss.name, recipe.train.steps, recipe.train.accumulate) == ("wasserstein", 2, 2)
    assert (recipe.run.name, recipe.run.folder, recipe.seed) == ("top", shell.run_folder, 3)
    assert (recipe.data.component.name, recipe.data.component.options["count"]) == ("mixture", 100)
