"""Two processes train the same game as one process on the joined batch."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.run import Run
from gan_lightning.strategies import resolve_strategy

SCRIPT = Path(__file__).parent / "train_script.py"
WGAN_GP = {
    "loss": "wasserstein",
    "penalties": ["gradient_penalty", {"name": "r1", "every": 3}],
    "game": {"name": "two_player", "n_dis": 2, "conditional": True},
    "data": {"name": "digits", "resolution": 8, "batch_size": 16, "flip": True},
    "augment": [{"name": "diffaugment", "policy": ["translation"]}],
    "train": {"steps": 6, "accumulate": 2},
}


def train(folder: Path, processes: int, changes: dict, *resume: str) -> Run:
    """Train in processes of their own."""
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK")}
    command = [sys.executable, str(SCRIPT), str(folder), str(processes), json.dumps(changes), *resume]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return Run(folder)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    os.environ["GAN_LIGHTNING_CACHE"] = str(folder / "cache")
    return train(folder / "one", 1, WGAN_GP), train(folder / "two", 2, WGAN_GP)


def test_parameters_are_those_of_one_process_on_the_joined_batch(runs):
    one, two = (read_checkpoint(run.last)["state_dict"] for run in runs)
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-5, atol=1e-6, msg=name)


def test_counters_speak_of_the_whole_batch(runs):
    one, two = (read_checkpoint(run.last) for run in runs)
    assert one["progress"] == two["progress"] == {"updates": 6, "rounds": 6, "images": 6 * 2 * 2 * 16}
    assert two["global_step"] == 6


def test_logged_scalars_are_means_over_processes(runs):
    rows = [list(csv.DictReader(run.metrics.open())) for run in runs]
    assert len(rows[0]) == len(rows[1]) == 3
    for one, two in zip(*rows, strict=True):
        assert one.keys() == two.keys()
        for name in ("discriminator/loss", "discriminator/gradient_penalty", "generator/loss", "logits/real_mean"):
            assert float(one[name]) == pytest.approx(float(two[name]), rel=1e-4, abs=1e-5)


def test_only_one_process_writes(runs):
    names = [sorted(path.name for path in run.folder.rglob("*") if path.is_file()) for run in runs]
    assert names[0] == names[1]


def test_two_processes_resume_exactly(runs, tmp_path):
    stopped = {**WGAN_GP, "train": {"steps": 3, "accumulate": 2}}
    resumed = train(tmp_path / "run", 2, stopped)
    train(tmp_path / "run", 2, WGAN_GP, "last")
    whole, again = (read_checkpoint(run.last) for run in (runs[1], resumed))
    for name, value in whole["state_dict"].items():
        assert torch.equal(again["state_dict"][name], value), name


@pytest.mark.parametrize(
    ("asked", "processes", "used"),
    [("auto", 1, "auto"), ("auto", 2, "turns_ddp"), ("ddp", 2, "turns_ddp")],
)
def test_ddp_stands_for_the_strategy_that_takes_turns(asked, processes, used):
    assert resolve_strategy(asked, processes) == used


@pytest.mark.parametrize("asked", ["deepspeed_stage_2", "fsdp", "ddp_spawn", "ddp_fork"])
def test_strategies_that_cannot_play_are_refused_with_the_reason(asked):
    with pytest.raises(UserError, match=r"trainer\.strategy: .* use ddp"):
        resolve_strategy(asked, 2)


def test_an_unknown_strategy_names_the_nearest():
    with pytest.raises(UserError, match="did you mean"):
        resolve_strategy("dpp", 2)
