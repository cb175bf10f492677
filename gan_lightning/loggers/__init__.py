"""Loggers, by the names that recipes give them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_lightning.errors import UserError, nearest

if TYPE_CHECKING:
    from gan_lightning.loggers.base import Dashboard
    from gan_lightning.recipe.schema import Component

__all__ = ["LOGGERS", "Reference", "build_loggers", "logger_class"]


class Reference(NamedTuple):
    """Where a logger's class is, so that it is imported only when a recipe names it.

    Args:
        module: The module's full name.
        attribute: The class's name there.
        given: How many leading arguments of the constructor come from the run: its folder, then its name. The others
            are the logger's options in a recipe.
    """

    module: str
    attribute: str
    given: int


LOGGERS: Mapping[str, Reference] = {
    "csv": Reference("gan_lightning.loggers.csv", "CsvTable", 1),
    "tensorboard": Reference("gan_lightning.loggers.tensorboard", "TensorBoardDashboard", 1),
    "wandb": Reference("gan_lightning.loggers.wandb", "WandbDashboard", 2),
}


def build_loggers(entries: Iterable[Component], folder: Path, run_name: str) -> list[Dashboard]:
    """Return the loggers of a run; none writes anything before it is handed something.

    Args:
        entries: Names and checked options, as a recipe lists them.
        folder: The run folder.
        run_name: What the run is called where runs stand side by side.

    Raises:
        UserError: There is no such logger, or its package is not installed.
    """
    run = (folder, run_name)
    return [logger_class(entry.name)(*run[: LOGGERS[entry.name].given], **entry.options) for entry in entries]


def logger_class(name: str) -> type[Dashboard]:
    """Return the class of a logger.

    Raises:
        UserError: There is no logger of that name.
    """
    if name not in LOGGERS:
        raise UserError(f"logger: there is no logger {name!r}; {nearest(name, LOGGERS)}")
    found: type[Dashboard] = getattr(importlib.import_module(LOGGERS[name].module), LOGGERS[name].attribute)
    return found
