"""Plugins that are broken in every way a package can be: each is reported in one line, and the rest works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from gan_lightning import plugins
from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError
from gan_lightning.hookspecs import hookimpl


@dataclass
class Distribution:
    name: str
    version: str = "1.0"


@dataclass
class Point:
    """An entry point that loads to a module with a hook, or does what it is told to."""

    name: str
    dist: Distribution
    hooks: dict[str, Any]

    def load(self) -> ModuleType:
        module = ModuleType(self.name)
        for name, hook in self.hooks.items():
            setattr(module, name, hook)
        return module


def offering(**losses):
    def hook():
        return losses

    hook.__name__ = "losses"
    return {"losses": hookimpl(hook)}


@pytest.fixture
def discovered(monkeypatch):
    def install(*points):
        monkeypatch.setattr(plugins, "entry_points", lambda group: list(points))
        return plugins.discover()

    return install


def test_the_second_of_two_plugins_of_one_name_is_reported_and_not_silently_left_out(discovered):
    a = Point("family", Distribution("a-dist"), offering(one="x:One"))
    b = Point("family", Distribution("b-dist"), offering(two="x:Two"))
    for order in ((a, b), (b, a)):
        first, second = discovered(*order)
        assert (first.distribution, first.error) == ("a-dist", None)
        assert second.error == "ValueError: the name 'family' is taken by a-dist 1.0"
    catalog = Catalog(discovered(a, b))
    assert [entry.name for entry in catalog.entries("loss")] == ["one"]
    with pytest.raises(UserError, match=r"left out: family .*is taken by a-dist"):
        catalog.find("loss", "two")


def test_a_name_is_free_again_where_its_first_owner_fails(discovered):
    def raising():
        raise RuntimeError("broken\ninside")

    raising.__name__ = "losses"
    first, second = discovered(
        Point("family", Distribution("a-dist"), {"losses": hookimpl(raising)}),
        Point("family", Distribution("b-dist"), offering(two="x:Two")),
    )
    assert first.error == "RuntimeError: broken inside"
    assert second.error is None


def test_a_hook_that_takes_what_it_is_not_given(discovered):
    def losses(wrong):
        return {}

    (plugin,) = discovered(Point("family", Distribution("a-dist"), {"losses": hookimpl(losses)}))
    assert plugin.error.startswith("PluginValidationError: ")
    assert "wrong" in plugin.error
    assert "\n" not in plugin.error


@pytest.mark.parametrize("answer", [7, ["hinge"], "hinge"])
def test_a_hook_that_offers_something_else(discovered, answer):
    def losses():
        return answer

    good = Point("good", Distribution("z-dist"), offering(one="x:One"))
    bad, other = discovered(Point("family", Distribution("a-dist"), {"losses": hookimpl(losses)}), good)
    assert bad.error is not None
    assert other.error is None


def test_a_plugin_that_hangs_is_left_with_ctrl_c_in_one_line(tmp_path):
    (tmp_path / "hanging.py").write_text("import time, pathlib\npathlib.Path('begun').touch()\ntime.sleep(600)\n")
    info = tmp_path / "hanging-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hanging\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gan_lightning]\nhanging = hanging\n")
    words = [sys.executable, "-c", "from gan_lightning.cli import main; main()", "plugins"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "gan-lightning: interrupted\n")


def _heed_ctrl_c():
    """A shell's background jobs, such as a CI's, begin with the signal ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
