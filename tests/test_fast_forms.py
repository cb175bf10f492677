"""What `performance: auto` and the fused layers do is the same mathematics: the first steps agree to rounding.

Later steps prove nothing: a game's losses are chaotic, and a rounding error of 1e-7 is one of 1e-2 ten steps on.
"""

from __future__ import annotations

import csv

import pytest

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.layers import unfused
from gan_lightning.recipe import check

STEPS = 3
ADAM = {"name": "adam", "lr": 2.0e-4, "betas": [0.0, 0.9]}
NARROW = {"generator": {"channels": 8}, "discriminator": {"channels": 8}}
WORKS = {
    "sngan": {"architecture": {"name": "sngan", **NARROW}, "loss": "hinge"},
    "wgan_gp": {
        "architecture": {"name": "wgan_gp", **NARROW},
        "loss": "wasserstein",
        "penalties": ["gradient_penalty"],
    },
    "dcgan": {"architecture": {"name": "dcgan", **NARROW}, "loss": "non_saturating"},
}


def losses(folder, performance, **sections):
    recipe = {
        "data": {"name": "digits", "resolution": 32, "batch_size": 8},
        "optimizers": {"generator": ADAM, "discriminator": ADAM},
        "train": {"steps": STEPS},
        "log": {"every": 1},
        "evaluate": None,
        "sample": None,
        "performance": performance,
        "trainer": {"accelerator": "cpu", "devices": 1},
        "run": {"name": "run", "dir": str(folder)},
        **sections,
    }
    catalog = Catalog.installed()
    outcome = fit(check(recipe, catalog), catalog)
    with (outcome.run.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [float(row[name]) for row in rows for name in ("discriminator/loss", "generator/loss")]


@pytest.mark.parametrize("work", WORKS)
def test_the_first_steps_are_those_of_the_plain_forms(tmp_path, work):
    fast = losses(tmp_path / "fast", "auto", **WORKS[work])
    with unfused():
        plain = losses(tmp_path / "plain", "off", **WORKS[work])
    assert len(fast) == 2 * STEPS
    assert fast == pytest.approx(plain, rel=1e-5, abs=1e-5)
    assert fast != plain, "both are the same code"
