"""Every shipped recipe is valid; the embedded ones train; marked slow, they reach what their headers say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gan_lightning.catalog import Catalog
from gan_lightning.fit import fit
from gan_lightning.recipe import load_recipe

ROOT = Path(__file__).parent.parent / "recipes"
EMBEDDED = sorted(ROOT.glob("*.yaml"))
ALL = sorted(ROOT.rglob("*.yaml"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_it_is_valid_and_says_which_paper(path):
    recipe = load_recipe(path)
    assert recipe.run.folder.parts[0] == "runs"
    assert "arXiv:" in path.read_text("utf-8").splitlines()[0]


@pytest.mark.parametrize("path", EMBEDDED, ids=name_of)
def test_it_trains_on_embedded_data(path, tmp_path):
    narrow = ["evaluate=null", "sample.count=9", "train.steps=1", "data.batch_size=4", f"run.dir={tmp_path / 'run'}"]
    outcome = fit(load_recipe(path, narrow), Catalog.installed())
    assert 1 <= outcome.updates <= 3, "a round, which may have several generator updates"
    assert (tmp_path / "run" / "samples" / f"step-{outcome.updates:06d}.png").stat().st_size > 100


def scores(path: Path) -> dict[str, list[float]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row["values"].items():
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("name", "coverage"), [("sngan", 0.2), ("dcgan", 0.2), ("wgan_gp", 0.01)])
def test_digits_come_within_a_third_of_the_untrained_distance(name, coverage, tmp_path):
    fit(load_recipe(ROOT / f"{name}.yaml", [f"run.dir={tmp_path / 'run'}"]), Catalog.installed())
    found = scores(tmp_path / "run" / "results.jsonl")
    assert found["fid"][-1] < found["fid"][0] / 3
    assert found["coverage"][-1] > coverage


@pytest.mark.slow
def test_the_ring_is_covered(tmp_path):
    fit(load_recipe(ROOT / "ring.yaml", [f"run.dir={tmp_path / 'run'}"]), Catalog.installed())
    found = scores(tmp_path / "run" / "results.jsonl")
    assert found["modes"][-1] == 8
    assert found["high_quality"][-1] > 0.7
