"""Run folders that exist: never changed without being asked, continued or replaced when asked."""

import shutil

import pytest


@pytest.fixture
def run(shell, points_run):
    """A copy of a finished run in a folder of this test, and the recipe it was made by."""
    shutil.copytree(points_run, shell.run_folder)
    shell.write((points_run.parent / "recipe.yaml").read_text().replace(str(points_run), str(shell.run_folder)))
    return shell.run_folder


def _refused(shell, files, words, *said):
    before = files(shell.folder)
    shell.refuses(["fit", "--recipe", shell.folder / "recipe.yaml", *words], *said)
    assert files(shell.folder) == before


def test_a_run_is_not_overwritten_by_accident(shell, files, run):
    _refused(shell, files, [], f"run.dir: {run} holds a run already", "--resume last", "--overwrite", "run.dir=")


def test_overwrite_does_not_delete_what_is_no_run(shell, files, run):
    (run / "recipe.yaml").unlink()
    _refused(shell, files, ["--overwrite"], "is no run (it has no recipe.yaml): nothing is overwritten")


def test_a_file_in_the_run_folders_place(shell, files, run):
    shutil.rmtree(run)
    run.write_text("precious")
    _refused(shell, files, ["--overwrite"], f"run.dir: {run} is a file")


def test_overwrite_replaces_a_run(shell, run):
    (run / "old.txt").write_text("old")
    shell.works("fit", "--recipe", shell.folder / "recipe.yaml", "--overwrite", "train.steps=1")
    assert not (run / "old.txt").exists()
    assert [path.name for path in (run / "checkpoints").glob("step-*")] == ["step-000001.ckpt"]


def test_a_mistake_in_the_recipe_saves_the_run_that_was_to_be_replaced(shell, files, run):
    _refused(shell, files, ["--overwrite", "game.n_dis=0"], "game.n_dis: expected at least 1")


def test_resume_of_a_finished_run(shell, files, run):
    _refused(shell, files, ["--resume", "last"], "last.ckpt has 12 updates already; ask for more with train.steps=")


def test_resume_without_a_checkpoint(shell, files, run):
    shutil.rmtree(run / "checkpoints")
    _refused(shell, files, ["--resume", "last"], "--resume last: there is no checkpoint", "last.ckpt")


def test_resume_without_a_run(shell):
    shell.refuses_fit(shell.recipe(), "--resume last: there is no checkpoint", overrides=("--resume", "last"))


def test_resume_from_a_path_that_is_not_there(shell, files, run):
    _refused(shell, files, ["--resume", "elsewhere.ckpt"], "there is no checkpoint elsewhere.ckpt")


def test_resume_with_overwrite_would_delete_what_it_resumes(shell, files, run):
    _refused(shell, files, ["--resume", "last", "--overwrite", "train.steps=14"], "--resume", "--overwrite")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("loss=hinge", "loss.name is 'non_saturating' there and 'hinge' here"),
        ("game.n_dis=2", "game.n_dis is 3 there and 2 here"),
        ("optimizers.generator.lr=1.0e-4", "optimizers.generator.lr is 0.001 there and 0.0001 here"),
        ("architecture.generator.width=8", "architecture.generator.width is 16 there and 8 here"),
        ("data.count=400", "data.count is 500 there and 400 here"),
        ("seed=1", "seed is 0 there and 1 here"),
    ],
)
def test_resume_with_another_recipe(shell, files, run, override, said):
    words = ["--resume", "last", "train.steps=14", override]
    _refused(shell, files, words, "this checkpoint is of another recipe", said)


def test_resume_may_turn_performance_off(shell, run):
    words = ["--resume", "last", "train.steps=14", "performance=off"]
    assert "done: 14 updates" in shell.works("fit", "--recipe", shell.folder / "recipe.yaml", *words)


def test_resume_may_change_what_does_not_change_the_game(shell, run):
    words = ["--resume", "last", "train.steps=14", "log.every=1", "checkpoint.keep=1", "evaluate.every=7"]
    out = shell.works("fit", "--recipe", shell.folder / "recipe.yaml", *words)
    assert "done: 14 updates" in out
