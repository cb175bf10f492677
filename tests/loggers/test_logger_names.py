import subprocess
import sys

import pytest

from gan_lightning.errors import UserError
from gan_lightning.loggers import LOGGERS, build_loggers, logger_class
from gan_lightning.loggers.base import Dashboard
from gan_lightning.recipe.options import check_options, options_of
from gan_lightning.recipe.schema import Component

UNUSED = """
import sys
from pathlib import Path

from gan_lightning.loggers import build_loggers
assert "lightning" not in sys.modules, "the table of loggers alone must be quick to import"

from gan_lightning.recipe.schema import Component

csv, board, _ = build_loggers([Component(name) for name in ("csv", "tensorboard", "wandb")], Path(sys.argv[1]), "toy")
for logger in (csv, board):
    logger.begin({"seed": 0})
    logger.log_metrics({"loss": 1.0}, 1)
    logger.finalize("success")
print(sorted(name for name in sys.modules if name.split(".")[0].startswith("wandb")))
"""


def test_built_in_the_recipe_s_order(tmp_path):
    entries = [Component("wandb", {"mode": "offline", "tags": ("a",)}), Component("csv"), Component("tensorboard")]
    built = build_loggers(entries, tmp_path, "toy")
    assert [type(logger) for logger in built] == [logger_class(entry.name) for entry in entries]
    assert all(isinstance(logger, Dashboard) for logger in built)
    assert [str(logger.save_dir) for logger in built] == [str(tmp_path)] * 3
    assert not list(tmp_path.iterdir())


def test_an_unknown_name_names_the_nearest(tmp_path):
    with pytest.raises(UserError, match=r"^logger: there is no logger 'wanbd'; did you mean 'wandb'\?$"):
        build_loggers([Component("wanbd")], tmp_path, "toy")


def test_what_the_run_gives_is_no_option():
    options = {name: set(options_of(logger_class(name), LOGGERS[name].given)) for name in LOGGERS}
    assert options == {
        "csv": set(),
        "tensorboard": set(),
        "wandb": {"project", "entity", "mode", "group", "tags", "log_checkpoints"},
    }
    assert all(option.text for option in options_of(logger_class("wandb"), 2).values())


def test_options_are_typed():
    assert check_options(logger_class("wandb"), {"tags": ["a", "b"]}, "logger[0]", 2) == {"tags": ("a", "b")}
    with pytest.raises(UserError, match=r"logger\[0\].mode: .*'ofline'"):
        check_options(logger_class("wandb"), {"mode": "ofline"}, "logger[0]", 2)


def test_wandb_is_not_imported_unless_used(tmp_path):
    command = [sys.executable, "-c", UNUSED, str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert not (tmp_path / "run" / "wandb").exists()
