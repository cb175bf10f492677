"""Loggers, by the names that recipes give them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_lightning.errors import UserError, nearest

if TYPE_CHECKING:
    from gan_lightning.loggers.base import Dashboard
    from gan_lightning.recipe.schema import Component

__all__ = ["LOGGERS", "Reference", "build_loggers", "logger_options"]


@dataclass(frozen=True)
class Reference:
    """A logger's class, imported when it is wanted.

    Args:
        target: ``module:class``.
        given: The leading arguments of its constructor that come from the run and not from the recipe.
    """

    target: str
    given: tuple[str, ...] = ("folder",)

    @property
    def component(self) -> type[Dashboard]:
        """The class."""
        module, _, name = self.target.partition(":")
        found: type[Dashboard] = getattr(importlib.import_module(module), name)
        return found


LOGGERS: Mapping[str, Reference] = {
    "csv": Reference("gan_lightning.loggers.csv:CsvTable"),
    "tensorboard": Reference("gan_lightning.loggers.tensorboard:TensorBoardDashboard"),
    "wandb": Reference("gan_lightning.loggers.wandb:WandbDashboard", ("folder", "name")),
}


def build_loggers(entries: Iterable[Component], folder: Path, run_name: str) -> list[Dashboard]:
    """Return the loggers of a run; none writes anything before it is handed something.

    Args:
        entries: Names and options, as a recipe lists them.
        folder: The run folder.
        run_name: What the run is called where runs stand side by side.

    Raises:
        UserError: There is no such logger, it has no such option, or its package is not installed.
    """
    run = {"folder": folder, "name": run_name}
    built = []
    for index, entry in enumerate(entries):
        options = logger_options(entry.name, entry.options, f"logger[{index}]")
        reference = LOGGERS[entry.name]
        built.append(reference.component(**{key: run[key] for key in reference.given}, **options))
    return built


def logger_options(name: str, options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return all options of a logger, checked and with defaults filled in.

    Args:
        name: A name of `LOGGERS`.
        options: Those that the recipe gives.
        where: The recipe's key, for messages.

    Raises:
        UserError: There is no such logger, or an option is unknown or of the wrong type.
    """
    from gan_lightning.recipe.options import check_options, options_of

    if name not in LOGGERS:
        raise UserError(f"{where}: there is no logger {name!r}; {nearest(name, LOGGERS)}")
    reference = LOGGERS[name]
    skip = len(reference.given)
    known = options_of(reference.component, skip)
    checked = check_options(reference.component, options, where, skip)
    return {key: option.default for key, option in known.items() if not option.required} | checked
