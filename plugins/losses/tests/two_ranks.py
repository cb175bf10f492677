"""A script run as two processes that share their batches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PATIENCE = 120


def run_on_two_ranks(script: Path, folder: Path) -> None:
    """Run a script that is told its rank and where to meet; it compares, and fails where the two differ from one."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(script)]
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(folder / "rendezvous")], env=environment, stderr=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    told = [rank.communicate(timeout=PATIENCE)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], told
