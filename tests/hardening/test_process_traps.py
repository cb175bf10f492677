"""Several processes: another number of them on resume, and buffers that every forward pass changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.fit import fit
from gan_lightning.recipe import check
from gan_lightning.run import Run

SCRIPT = Path(__file__).parents[1] / "core" / "train_script.py"
# Spectral norm keeps u and v in buffers; what its generator has beside weights would be a process's own
NORMED = {
    "architecture": {
        "generator": {"name": "mlp", "hidden": 8},
        "discriminator": {"name": "sngan", "channels": 4},
    },
    "loss": "hinge",
    "game": {"name": "two_player", "n_dis": 2},
    "data": {"name": "digits", "resolution": 32, "batch_size": 8},
    "sample": None,
}
STEPS = 4


def train(folder: Path, processes: int, steps: int, resume: str | None = None) -> Run:
    """Train in this process, or in two of their own."""
    changes = {**NORMED, "train": {"steps": steps}}
    if processes == 1:
        catalog = toy_catalog()
        return fit(check(toy_recipe(folder, **changes), catalog), catalog, resume=resume).run
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK")}
    words = [str(folder), str(processes), json.dumps(changes), *([resume] if resume else [])]
    command = [sys.executable, str(SCRIPT), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return Run(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The state that one process comes to."""
    return read_checkpoint(train(tmp_path_factory.mktemp("whole") / "run", 1, STEPS).last)


@pytest.mark.parametrize(("before", "after"), [(2, 1), pytest.param(1, 2, marks=pytest.mark.slow)])
def test_a_run_goes_on_with_another_number_of_processes(tmp_path, whole, before, after):
    train(tmp_path / "run", before, 2)
    state = read_checkpoint(train(tmp_path / "run", after, STEPS, "last").last)
    assert state["progress"] == whole["progress"]
    assert any(name.endswith("u") for name in state["state_dict"]), "the vectors of spectral norm are compared too"
    for name, value in whole["state_dict"].items():
        torch.testing.assert_close(state["state_dict"][name], value, rtol=1e-4, atol=1e-5, msg=name)
