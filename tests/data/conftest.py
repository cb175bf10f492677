import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from shard_files import numbered, write_tar


@pytest.fixture
def shards(tmp_path):
    """A folder of three shards of 7, 5 and 8 images, 0 to 19 by their red, in three classes."""
    for index, numbers in enumerate((range(7), range(7, 12), range(12, 20))):
        write_tar(tmp_path / f"shards/part-{index:02d}.tar", numbered(numbers, label=lambda number: number % 3))
    return tmp_path / "shards"
