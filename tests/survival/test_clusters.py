"""Runs that others start and stop: torchrun, and SLURM with its requeueing."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from toys import toy_recipe

from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.devices import check_devices
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.recipe import check
from gan_lightning.run import Run, is_first_process

SCRIPT = Path(__file__).parent / "survivor_script.py"
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ONE = {"accelerator": "cpu", "devices": 1}
TWO = {"accelerator": "cpu", "devices": 2}


def environment(**changes) -> dict[str, str]:
    """Return the environment without what an earlier launcher has left in it."""
    left = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    return {**left, "OMP_NUM_THREADS": "1", **changes}


def await_update(told: Path, process: subprocess.Popen, update: int) -> None:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and process.poll() is None:
        if told.exists() and int(told.read_text()) >= update:
            return
        time.sleep(0.01)
    raise AssertionError(f"update {update} was not reached: {process.communicate(timeout=5)[1]}")


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0", "SLURM_PROCID": "3"}, True),
        ({"RANK": "2", "LOCAL_RANK": "0"}, False),
        ({"NODE_RANK": "0", "LOCAL_RANK": "1"}, False),
        ({"NODE_RANK": "1"}, False),
        ({"SLURM_PROCID": "1"}, False),
    ],
)
def test_one_process_of_all_nodes_is_the_first(monkeypatch, given, first):
    for name in ("RANK", "NODE_RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert is_first_process() is first


@pytest.mark.parametrize(
    ("given", "launcher"),
    [
        ({"TORCHELASTIC_RUN_ID": "7", "WORLD_SIZE": "2"}, "torchrun"),
        ({"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "train"}, "SLURM"),
    ],
)
def test_another_number_of_processes_than_the_recipe_asks_for_is_refused(monkeypatch, tmp_path, given, launcher):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    catalog = Catalog.installed()
    one, two = (check(toy_recipe(tmp_path, architecture="mlp", trainer=wanted), catalog) for wanted in (ONE, TWO))
    check_devices(two)
    with pytest.raises(UserError, match=rf"trainer\.devices: {launcher} has started 2 processes, .* is 1"):
        check_devices(one)


def test_torchrun_starts_the_command_and_one_process_writes(tmp_path):
    sgd = {"name": "sgd", "lr": 0.05}  # Adam would magnify what rounding makes of gradients that are almost 0
    players = {"generator": sgd, "discriminator": sgd}
    sections = {"architecture": "mlp", "optimizers": players, "train": {"steps": 5}, "log": {"every": 2}}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(toy_recipe(tmp_path / "two", trainer=TWO, **sections)))
    words = [*TORCHRUN, "-m", "gan_lightning", "fit", "--recipe", str(tmp_path / "recipe.yaml")]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("done: 5 updates") == 1
    run = Run(tmp_path / "two")
    assert [int(row["step"]) for row in csv.DictReader(run.metrics.open())] == [2, 4]
    state = read_checkpoint(run.last)
    losses = [ledger["discriminator/loss"] for ledger in state["ledgers"]]
    assert not torch.equal(*losses), "each process has samples and latents of its own"

    catalog = Catalog.installed()
    alone = fit(check(toy_recipe(tmp_path / "one", **sections), catalog), catalog).run
    for name, value in read_checkpoint(alone.last)["state_dict"].items():
        torch.testing.assert_close(state["state_dict"][name], value, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("rank", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_signal_to_one_process_that_torchrun_started_ends_both_with_a_checkpoint(tmp_path, rank):
    folder = tmp_path / "run"
    changes = json.dumps({"train": {"steps": 100_000}, "checkpoint": {"every": 50_000}, "sample": None})
    words = [*TORCHRUN, str(SCRIPT), str(folder), "2", changes, "0.02"]
    process = subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, text=True)
    await_update(tmp_path / f"rank{rank}", process, 3)
    began = time.monotonic()
    os.kill(int((tmp_path / f"pid{rank}").read_text()), signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert process.returncode == 1, err
    assert err.count("continue with: gan-lightning fit") == 1
    assert read_checkpoint(Run(folder).last)["progress"]["updates"] >= 3
    assert Run(folder).checkpoints.joinpath("last.safetensors").is_file()
    for other in (0, 1):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"pid{other}").read_text()), 0)


def test_a_slurm_job_that_is_told_to_saves_at_the_end_of_the_round_and_is_requeued(tmp_path):
    called = tmp_path / "called"
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.parent.mkdir()
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    scontrol.chmod(0o755)
    job = {"JOB_ID": "4242", "JOB_NAME": "train", "NTASKS": "1", "PROCID": "0", "LOCALID": "0", "NODEID": "0"}
    slurm = {f"SLURM_{name}": value for name, value in job.items()}
    folder = tmp_path / "run"
    changes = {"train": {"steps": 100_000}, "checkpoint": {"every": 50_000}, "sample": None}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), "1", json.dumps(changes), "0.02"],
        env=environment(PATH=f"{scontrol.parent}:{os.environ['PATH']}", **slurm),
        stderr=subprocess.PIPE,
        text=True,
    )
    await_update(tmp_path / "rank0", process, 3)
    process.send_signal(signal.SIGUSR1)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGUSR1, err
    assert called.read_text() == "requeue 4242\n"
    stopped = read_checkpoint(Run(folder).last)["progress"]
    assert stopped["updates"] == stopped["rounds"] == int((tmp_path / "rank0").read_text())
    assert not list(folder.glob("*hpc*")), "Lightning has not saved within its handler"
