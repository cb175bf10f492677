"""Runs that are killed, told to end or interrupted, and continued, end as if never stopped."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.fit import fit
from gan_lightning.recipe import check
from gan_lightning.run import Run

SCRIPT = Path(__file__).parent / "survivor_script.py"
CHANGES = {
    "architecture": {"generator": {"name": "toy", "dropout": 0.2}, "discriminator": "toy"},
    "penalties": [{"name": "r1", "every": 3, "weight": {"linear": {"from": 0.0, "to": 1.0}}}],
    "game": {"name": "two_player", "n_dis": 2},
    "train": {"steps": 30},
    "checkpoint": {"every": 4},
    "log": {"every": 3},
    "sample": None,
}


def start(folder: Path, processes: int = 1, pause: float = 0.0, **changes) -> subprocess.Popen:
    """Begin a run in processes of its own."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK")}
    words = [str(folder), str(processes), json.dumps({**CHANGES, **changes}), str(pause)]
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *words],
        env={**environment, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def play(folder: Path, resume: str | None = None) -> Run:
    """Begin or continue a run in this process."""
    catalog = toy_catalog()
    return fit(check(toy_recipe(folder, **CHANGES), catalog), catalog, resume=resume).run


def await_update(folder: Path, process: subprocess.Popen, update: int, rank: int = 0) -> None:
    """Wait until a rank has made so many updates."""
    told, deadline = folder.parent / f"rank{rank}", time.monotonic() + 100
    while time.monotonic() < deadline and process.poll() is None:
        if told.exists() and int(told.read_text()) >= update:
            return
        time.sleep(0.005)
    raise AssertionError(f"update {update} was not reached: {process.communicate(timeout=5)[1]}")


def finish(process: subprocess.Popen, timeout: float = 100) -> tuple[int, list[str]]:
    try:
        _, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, err.splitlines()


def assert_same_runs(one: Run, two: Run) -> None:
    states = [read_checkpoint(run.last) for run in (one, two)]
    for state in states:
        for part in ("callbacks", "gan_lightning", "loops"):  # names of folders, and counts of Lightning's own
            del state[part]
    assert_same(*states)
    assert one.metrics.read_bytes() == two.metrics.read_bytes()


def assert_same(one, two) -> None:
    assert type(one) is type(two)
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            assert_same(one[key], two[key])
    elif isinstance(one, list | tuple):
        for left, right in zip(one, two, strict=True):
            assert_same(left, right)
    else:
        assert torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Run:
    """A run that was never stopped."""
    return play(tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGKILL, -9),
        (signal.SIGTERM, 143),
        (signal.SIGINT, 130),
        pytest.param(signal.SIGUSR1, 138, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_run_continues_as_if_it_had_never_been(tmp_path, whole, number, code):
    folder = tmp_path / "run"
    process = start(folder, pause=0.03)
    await_update(folder, process, random.randint(5, 15))
    process.send_signal(number)
    returned, err = finish(process)
    assert returned == code, err
    if number != signal.SIGKILL:
        stopped = read_checkpoint(Run(folder).last)["progress"]["updates"]
        assert stopped == int((tmp_path / "rank0").read_text()), "the round that was played is in the checkpoint"
        assert err[-1].startswith(f"{number.name}: stopped at update {stopped}; continue with: gan-lightning fit")
        assert err[-1].endswith("recipe.yaml --resume last")
    assert_same_runs(play(folder, resume="last"), whole)


def test_a_second_ctrl_c_ends_at_once(tmp_path):
    folder = tmp_path / "run"
    process = start(folder, pause=15)
    await_update(folder, process, 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None, "the first lets the round end"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == -signal.SIGINT


@pytest.mark.parametrize("rank", [1, pytest.param(0, marks=pytest.mark.slow)])
def test_a_signal_to_one_process_of_two_ends_both_with_a_checkpoint(tmp_path, rank):
    folder = tmp_path / "run"
    process = start(folder, processes=2, pause=0.02, train={"steps": 100_000})
    await_update(folder, process, 3, rank=rank)
    pids = [int((tmp_path / f"pid{other}").read_text()) for other in (0, 1)]
    began = time.monotonic()
    os.kill(pids[rank], signal.SIGTERM)
    code, err = finish(process, timeout=30)
    assert code == 143, err
    while time.monotonic() - began < 30 and _alive(pids[1]):
        time.sleep(0.05)
    assert not _alive(pids[1])
    assert read_checkpoint(Run(folder).last)["progress"]["updates"] >= 3
    assert "continue with" in "".join(err)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
