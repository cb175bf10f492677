"""What two processes send each other in a round: the gradients of the player whose turn it is, once, and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "traffic_script.py"
AGREEMENT = 8  # bytes of the two numbers by which processes agree on signals, about once a second


@pytest.fixture(scope="module")
def traffic(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("traffic")
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "LOCAL_RANK")}
    environment["OMP_NUM_THREADS"] = "1"
    words = [sys.executable, str(SCRIPT), str(folder)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "traffic.json").read_text())


def test_a_turn_sends_the_gradients_of_its_player_once(traffic):
    discriminator, generator = (traffic["sizes"][name] for name in ("discriminator", "generator"))
    assert len(traffic["rounds"]) == 8
    for messages in traffic["rounds"]:
        reduced = [size for name, size in messages if name == "all_reduce" and size != AGREEMENT]
        assert reduced == [discriminator, discriminator, generator], "two turns of two accumulated batches, then one"


def test_nothing_else_is_sent_in_every_round(traffic):
    """Lightning would broadcast a number before every step, and wait for it."""
    assert [name for messages in traffic["rounds"] for name, _ in messages if name != "all_reduce"] == []
    agreements = [size for messages in traffic["rounds"] for _, size in messages if size == AGREEMENT]
    assert len(agreements) <= len(traffic["rounds"])
