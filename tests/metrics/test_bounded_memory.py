import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "memory_script.py"
COUNT = 7000
MATRIX = COUNT**2 * 8 / 2**20  # MiB of all distances between two sets


def test_no_matrix_of_all_pairs_is_held_and_fid_keeps_no_generated_features(tmp_path):
    command = [sys.executable, str(SCRIPT), str(tmp_path), str(COUNT), "32", "fid", "fid,kid,is,prdc"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=240)
    fid, every = (json.loads(line)["grown"] for line in done.stdout.splitlines())
    assert fid < 20
    assert every < 0.8 * MATRIX
