"""What the packages say they need: below are the versions with known holes or known faults."""

from __future__ import annotations

from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement

NEEDED = {found.name: found for found in map(Requirement, requires("gan-lightning") or [])}


@pytest.mark.parametrize(
    ("name", "holds", "refused"),
    [
        ("lightning", ["2.6.6", "2.6.9"], ["2.6.5", "2.6.3", "2.6.2", "2.5.0", "2.7.0"]),
        ("torch", ["2.10.0", "2.14.1"], ["2.9.1", "2.6.0"]),
        ("wandb", ["0.30.0", "0.31.0"], ["0.29.0", "0.28.0"]),
        ("omegaconf", ["2.4.0"], ["2.3.0", "2.5.0"]),
        ("torchmetrics", ["1.9.0"], ["1.8.0", "2.0.0"]),
    ],
)
def test_versions_with_holes_cannot_be_installed_beside_it(name, holds, refused):
    assert all(NEEDED[name].specifier.contains(one) for one in holds)
    assert not any(NEEDED[name].specifier.contains(one) for one in refused)


@pytest.mark.parametrize("name", [name for name, needed in NEEDED.items() if needed.marker is None])
def test_what_is_installed_is_what_was_asked_for(name):
    assert NEEDED[name].specifier.contains(version(name))
