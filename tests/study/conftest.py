from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from gan_lightning.catalog import Catalog

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.installed()


@pytest.fixture
def write(tmp_path):
    def write(study: dict) -> Path:
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump(study, sort_keys=False))
        return path

    return write
