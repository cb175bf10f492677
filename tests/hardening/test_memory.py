"""A day of training holds no more memory than an hour."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from toys import toy_catalog, toy_recipe

from gan_lightning.critique import Critique
from gan_lightning.data.drawing import draw
from gan_lightning.data.spec import DataSpec
from gan_lightning.fit import fit
from gan_lightning.game import Play
from gan_lightning.recipe import check

SCRIPT = Path(__file__).parent / "memory_script.py"
RING = Path(__file__).parents[2] / "recipes" / "ring.yaml"
OFTEN = ["train.steps=5000", "log.every=50", "evaluate.every=100", "sample.every=100", "checkpoint.every=100"]
MIB = 2**20


@pytest.fixture
def no_collector():
    """Keep Python from collecting garbage: what is in circles stays, and can be seen."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def living(kind: type) -> list:
    return [one for one in gc.get_objects() if issubclass(type(one), kind)]


def test_a_turn_leaves_no_tensors_to_the_garbage_collector(no_collector, tmp_path):
    """Critiques that are not made refer to their play: such circles held the graphs of hours of training."""
    catalog = toy_catalog()
    changes = {"penalties": [{"name": "r1", "every": 2}], "game": {"n_dis": 2}, "log": {"every": 1}, "sample": None}
    fit(check(toy_recipe(tmp_path / "run", train={"steps": 6, "accumulate": 2}, **changes), catalog), catalog)
    assert not [play for play in living(Play) if vars(play)]
    assert not [critique for critique in living(Critique) if vars(critique).get("_made")]


def test_a_drawing_leaves_no_figure_to_the_garbage_collector(tmp_path):
    from matplotlib.figure import Figure

    before = len(living(Figure))
    for index in range(3):
        draw(DataSpec((2,), kind="points"), torch.randn(50, 2), tmp_path / f"{index}.png", torch.randn(50, 2))
    assert len(living(Figure)) == before
    assert gc.isenabled()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system tells memory in another way")
def test_memory_is_flat_after_the_first_thousand_updates(tmp_path):
    """With rows every 50 updates, and 50 evaluations, pictures and checkpoints each."""
    table = tmp_path / "memory.txt"
    command = [sys.executable, str(SCRIPT), str(RING), str(table), "250", f"run.dir={tmp_path / 'run'}", *OFTEN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    held = {int(updates): int(size) / MIB for updates, size in map(str.split, table.read_text().splitlines())}
    assert {1000, 5000} <= held.keys()
    told = ", ".join(f"{updates}: {size:.0f} MiB" for updates, size in held.items())
    sys.stdout.write(f"{told}\n")  # shown with -s
    assert held[5000] - held[1000] < 8, told
