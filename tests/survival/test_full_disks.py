"""Disks that are full or read-only: what is harmless is told once, what is not ends before training."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from lightning.pytorch import Callback
from troubles import Poison, rows, said, train

from gan_lightning.callbacks.scores import Scores
from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.cli import run as command
from gan_lightning.errors import UserError
from gan_lightning.loggers.csv import CsvTable
from gan_lightning.metrics.results import read_results
from gan_lightning.run import Run

SCORED = {
    "evaluate": {"every": 2, "samples": 50, "metrics": ["modes"], "best": "mode_kl"},
    "sample": {"every": 2, "count": 4},
    "checkpoint": {"every": 4, "keep": 5},
}
RECIPE = Path(__file__).parent / "collapsing.yaml"


def limit(size: int = resource.RLIM_INFINITY) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture(autouse=True)
def _unlimited():
    yield
    limit()


class Full(Callback):
    """Lets no file grow beyond a few bytes after some updates."""

    def __init__(self, updates):
        self.updates = updates

    def on_train_batch_end(self, trainer, pl_module, *args):
        limit(50) if pl_module.updates in self.updates else limit()


def test_a_disk_that_is_full_for_a_while_costs_pictures_only(tmp_path, caplog):
    whole = train(tmp_path / "whole", Full(()), **SCORED)
    assert not said(caplog)
    run = train(tmp_path / "run", Full(range(5, 10)), **SCORED)
    assert run.metrics.read_bytes() == whole.metrics.read_bytes(), "rows were kept until they could be written"
    steps = [row.step for row in read_results(run.results)]
    assert steps == [row.step for row in read_results(whole.results)] == [0, 2, 4, 6, 8, 10, 12]
    assert [path.stem for path in sorted(run.samples.iterdir())] == [f"step-{n:06d}" for n in (0, 2, 4, 10, 12)]
    assert [path.stem for path in run.numbered()] == ["step-000012", "step-000004"], "the older one has stayed"
    lines = said(caplog)
    assert len(lines) == 4
    told = {str(path): line for path in (run.metrics, run.results, run.samples) for line in lines if str(path) in line}
    assert len(told) == 3, "each once"
    assert told[str(run.samples)].endswith("cannot be written (File too large); training goes on without it")
    assert not list(run.folder.rglob("*.tmp"))


def test_a_disk_that_stays_full_ends_with_what_is_missing(tmp_path, caplog):
    run = train(tmp_path / "run", Full(range(5, 99)), **SCORED)
    limit()
    assert [int(row["step"]) for row in rows(run)] == [0, 1, 2, 3, 4, 5]
    lines = said(caplog)
    assert f"{run.metrics} lacks 7 rows" in lines
    assert f"{run.results} lacks the scores of 4 evaluations" in lines
    assert read_checkpoint(run.last)["progress"]["updates"] == 4


def test_half_a_row_is_cut_off(tmp_path, monkeypatch):
    table = CsvTable(tmp_path)
    table.log_metrics({"images": 1, "loss": 0.25}, 1)
    table.log_metrics({"images": 2, "loss": 0.125}, 2)
    size = table.path.stat().st_size
    limit(size + 3)
    table.log_metrics({"loss": 0.0625}, 3)
    assert table.path.stat().st_size == size
    limit(size - 2)  # and a row that is there already and gets longer
    table.log_metrics({"images": 3}, 3)
    limit()
    table.finalize("success")
    assert table.path.read_text() == "step,images,loss\n1,1,0.25\n2,2,0.125\n3,3,0.0625\n"


def test_half_a_line_of_results_is_no_second_row(tmp_path):
    class Half(Full):
        def on_train_batch_end(self, trainer, pl_module, *args):
            size = (tmp_path / "run" / "results.jsonl").stat().st_size
            limit(size + 20) if pl_module.updates in self.updates else limit()

    run = train(tmp_path / "run", Half({4}), **{**SCORED, "sample": None})
    assert [row.step for row in read_results(run.results)] == [0, 2, 4, 6, 8, 10, 12]


def test_a_best_that_cannot_be_written_is_not_called_the_best(tmp_path, monkeypatch):
    values = {0: 9.0, 2: 8.0, 4: 3.0, 6: 5.0}

    def evaluate(self, trainer, module):
        self.latest = {"mode_kl": values.get(module.updates, 7.0)}

    monkeypatch.setattr(Scores, "_evaluate", evaluate)
    run = train(tmp_path / "run", Full({4}), **SCORED)
    assert read_checkpoint(run.best)["progress"]["updates"] == 6
    scores = next(state for name, state in read_checkpoint(run.last)["callbacks"].items() if name == "Scores")
    assert (scores["best_value"], scores["best_step"]) == (5.0, 6)


def test_a_disk_that_is_full_at_the_start_is_one_line_before_training(tmp_path):
    limit(50)
    with pytest.raises(UserError, match=r"run.dir: .*run cannot be written to: File too large; free it"):
        train(tmp_path / "run", Full(()), **SCORED)
    limit()
    assert not list((tmp_path / "run").iterdir())


def test_resuming_on_a_full_disk_leaves_the_run_as_it_was(tmp_path):
    run = train(tmp_path / "run", Full(()), **SCORED)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    limit(50)
    with pytest.raises(UserError, match="cannot be written to: File too large"):
        train(tmp_path / "run", Full(()), resume="last", **SCORED, train={"steps": 16})
    limit()
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


@pytest.fixture
def locked():
    """A folder that this process may look at but not write to, even where tests are run by root."""
    folder, user = Path(tempfile.mkdtemp()), os.geteuid()
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    if not _readable(sys.prefix):
        os.seteuid(user)
        shutil.rmtree(folder)
        pytest.skip("who has no rights cannot read this environment's packages either")
    yield folder
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def _readable(folder):
    try:
        return any(Path(folder).iterdir())
    except PermissionError:
        return False


@pytest.mark.parametrize("place", ["", "new"], ids=["the folder", "its parent"])
def test_a_folder_that_may_not_be_written_to_is_one_line_and_exit_2(locked, capfd, place):
    words = ["fit", "--recipe", str(RECIPE), "train.steps=1", "evaluate=null", f"run.dir={locked / place}"]
    assert command(words) == 2
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "gan-lightning" in line]
    assert str(locked) in line
    assert os.strerror(errno.EACCES) in line
    assert not list(locked.iterdir())


def test_the_best_is_kept_when_training_rolls_back_to_before_it(tmp_path, monkeypatch):
    run = _rolled_back(tmp_path, monkeypatch, {0: 9.0, 2: 8.0, 4: 7.0, 6: 1.0}, checkpoint={"every": 4, "keep": 5})
    assert _facts(run) == (6, 1.0, 6)


def test_the_best_is_kept_when_training_begins_anew(tmp_path, monkeypatch):
    run = _rolled_back(tmp_path, monkeypatch, {0: 9.0, 2: 1.0}, checkpoint={"every": 100})
    assert _facts(run) == (2, 1.0, 2)


def test_the_best_after_a_rollback_is_better_than_the_one_before(tmp_path, monkeypatch):
    run = _rolled_back(tmp_path, monkeypatch, {0: 9.0, 4: 7.0, 6: 1.0, 10: 0.5}, checkpoint={"every": 4, "keep": 5})
    assert _facts(run) == (10, 0.5, 10)


def _rolled_back(tmp_path, monkeypatch, values, **changes) -> Run:
    """Train with these scores by updates, each given once, and numbers that are lost from update 7 on."""
    left = dict(values)
    monkeypatch.setattr(
        Scores, "_evaluate", lambda self, _, module: setattr(self, "latest", {"mode_kl": left.pop(module.updates, 5.0)})
    )
    trouble = Poison(range(7, 99), above=0.5)
    return train(tmp_path / "run", trouble, **{**SCORED, "sample": None, **changes}, guard={"patience": 2})


def _facts(run: Run) -> tuple[int, float, int]:
    """Return the updates in the best checkpoint, and what the last one takes for the best score and its updates."""
    last = read_checkpoint(run.last)
    assert last["guard"]["rollbacks"] == 1
    scores = next(state for name, state in last["callbacks"].items() if name.startswith("Scores"))
    return read_checkpoint(run.best)["progress"]["updates"], scores["best_value"], scores["best_step"]
