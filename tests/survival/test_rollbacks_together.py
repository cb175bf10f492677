"""Two processes roll back together, whichever of them has met the trouble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from troubles import EARLY, RING

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.run import Run

SCRIPT = Path(__file__).parent / "troubled_script.py"


def play(folder: Path, trouble: str, changes: dict) -> tuple[dict, dict, list[str]]:
    """Return what each process has come to, and the lines that were printed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK")}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), trouble, json.dumps(changes)],
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    one, two = (json.loads((folder / f"rank{rank}.json").read_text()) for rank in (0, 1))
    return one, two, [line for line in done.stderr.splitlines() if "rolled back" in line]


def test_numbers_lost_by_one_process_roll_both_back_to_the_same_checkpoint(tmp_path):
    one, two, lines = play(tmp_path, "poison", {"guard": {"patience": 3}})
    assert one == two, "weights, averages, learning rates and counts"
    assert one["updates"] == 12
    assert one["rates"] == [5e-4, 5e-4]
    assert (one["guard"]["rollbacks"], one["guard"]["skipped"]) == (1, 3)
    (line,) = lines
    assert "step-000004.ckpt with learning rates times 0.5 (rollback 1 of 3)" in line
    assert read_checkpoint(Run(tmp_path / "run").last)["progress"]["updates"] == 12


@pytest.mark.slow
def test_a_collapse_seen_by_the_first_process_rolls_both_back(tmp_path):
    guard = {**EARLY, "on_collapse": "rollback", "diversity": None}
    one, two, lines = play(tmp_path, "collapse", {**RING, "guard": guard})
    assert one == two
    assert one["updates"] == 240
    (line,) = lines
    assert "best.ckpt with learning rates times 0.5 (rollback 1 of 3)" in line
