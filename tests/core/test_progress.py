"""Progress is told on terminals and in logs alike."""

from __future__ import annotations

import io
import logging

from rich.console import Console
from toys import toy_catalog, toy_recipe

from gan_lightning.callbacks import progress
from gan_lightning.fit import fit
from gan_lightning.recipe import check


def test_without_a_terminal_a_line_tells_updates_speed_time_left_and_score(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.0)
    caplog.set_level(logging.INFO, "gan_lightning")
    catalog = toy_catalog()
    evaluate = {"every": 6, "samples": 50, "metrics": ["modes"], "best": "modes"}
    fit(check(toy_recipe(tmp_path / "run", evaluate=evaluate), catalog), catalog)
    lines = [record.getMessage() for record in caplog.records if "updates" in record.getMessage()]
    assert len(lines) >= 2, "one where it was scored, one at the end"
    assert lines[-1].startswith("12 of 12 updates, ")
    assert lines[-1].endswith("0:00:00 left, modes 0.00")


def test_on_a_terminal_a_bar_is_drawn():
    screen = io.StringIO()
    bar = progress._Bar(Console(file=screen, force_terminal=True, width=120), 10, 0)
    bar.move(10, "fid 3.21")
    bar.close()
    assert "10/10" in screen.getvalue()
    assert "fid 3.21" in screen.getvalue()
