"""The page of all systems tells what the code does now."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_is_as_it_would_be_written():
    command = [sys.executable, ROOT / "docs" / "make_systems.py", "--check"]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
