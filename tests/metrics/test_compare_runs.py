import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

from gan_lightning.errors import UserError
from gan_lightning.metrics.compare import compare
from gan_lightning.metrics.evaluator import Result
from gan_lightning.metrics.protocol import Protocol
from gan_lightning.metrics.results import append_results

PROTOCOL = Protocol("digits", "abc", 10, 10, "ema", 0)
BETTER = {"precision": "higher", "recall": "higher"}


def make_run(folder, fids, **changes):
    protocol = replace(PROTOCOL, **changes)
    for number, fid in enumerate(fids, start=1):
        prdc = Result("prdc", {"precision": fid / 100, "recall": 0.5}, BETTER, protocol)
        results = [Result("fid", {"fid": fid}, {"fid": "lower"}, protocol), prdc]
        append_results(folder / "results.jsonl", results, step=100 * number, images=0)
    return folder


@pytest.fixture
def runs(tmp_path):
    return [make_run(tmp_path / "a", [30.0, 10.0, 20.0]), make_run(tmp_path / "b", [40.0, 35.0], seed=1)]


def test_best_and_last_of_every_value(runs):
    table = {(row.run, row.value): row for row in compare(runs).table}
    assert len(table) == 6
    fid = table[str(runs[0]), "fid"]
    assert (fid.best, fid.best_step, fid.last, fid.last_step) == (10.0, 200, 20.0, 300)
    precision = table[str(runs[0]), "precision"]
    assert (precision.metric, precision.best, precision.best_step) == ("prdc", 0.3, 100)
    assert table[str(runs[1]), "fid"].last_step == 200


def test_different_protocols_are_refused_with_all_that_differs(runs, tmp_path):
    other = make_run(tmp_path / "c", [1.0], fake_count=50, settings={"splits": 2})
    with pytest.raises(UserError) as caught:
        compare([*runs, other])
    message = str(caught.value)
    assert "'fid' was measured differently" in message and str(runs[0]) in message and str(other) in message
    assert "fake_count is 10 and 50" in message and "settings.splits is None and 2" in message
    assert "\n" not in message


def test_a_change_within_one_run_is_refused_too(runs):
    make_run(runs[0], [5.0], generator="raw")
    with pytest.raises(UserError, match="generator is 'ema' and 'raw'"):
        compare(runs[:1])


def test_the_curves_become_a_picture(runs, tmp_path):
    comparison = compare(runs)
    assert comparison.curves["fid", "fid"][str(runs[0])] == ((100, 30.0), (200, 10.0), (300, 20.0))
    comparison.plot(tmp_path / "plots" / "curves.png")
    with Image.open(tmp_path / "plots" / "curves.png") as picture:
        assert picture.format == "PNG" and picture.width > 1000


def test_runs_without_scores_are_named(tmp_path):
    (tmp_path / "results.jsonl").touch()
    with pytest.raises(UserError, match=r"results\.jsonl holds no score yet"):
        compare([tmp_path])
    with pytest.raises(UserError, match=r"there is no .*nowhere"):
        compare([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="no runs given"):
        compare([])


def test_comparing_needs_neither_torch_nor_pyplot():
    code = (
        "import sys, gan_lightning.metrics.compare; sys.exit(bool({'torch', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
