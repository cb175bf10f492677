import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "two_processes_script.py"


def test_scores_are_those_of_one_process(tmp_path):
    commands = [[sys.executable, str(SCRIPT), str(rank), str(tmp_path)] for rank in range(2)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    told = [process.communicate(timeout=240)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    first, second = (json.loads(one.splitlines()[-1]) for one in told)
    assert (first["own"], second) == (64 * 3, {"own": 64 * 2 + 7})  # six batches in turn, the last one not whole
    assert first["two"] == first["one"] and set(first["one"]) == {"fid", "kid", "is", "prdc"}
