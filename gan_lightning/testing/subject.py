"""What is checked, and how a broken promise is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from gan_lightning.catalog import Entry
from gan_lightning.plugins import Plugin
from gan_lightning.recipe.options import Option, options_of
from gan_lightning.recipe.parsing import GIVEN


@dataclass(frozen=True)
class Subject:
    """A component that is checked.

    Args:
        entry: The component as a plugin offers it.
        settings: Options to construct it with, needed where one has no default; of an architecture by role; of a game
            the sections of a recipe that differ from the kit's.
    """

    entry: Entry
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, component: Any, name: str = "", settings: Mapping[str, Any] | None = None) -> Subject:
        """Wrap a class or object that no plugin offers yet."""
        label = name or getattr(component, "__name__", type(component).__name__)
        return cls(Entry(kind, label, Plugin("unregistered", "unregistered", "0"), component), settings or {})

    @property
    def kind(self) -> str:
        """The kind of component, in the singular."""
        return self.entry.kind

    @property
    def name(self) -> str:
        """The name that recipes use."""
        return self.entry.name

    @property
    def component(self) -> Any:
        """The component, imported now."""
        return self.entry.component

    def make(self, **options: Any) -> Any:
        """Construct a component that takes nothing but options."""
        return self.component(**{**self.settings, **options})

    def constructors(self) -> dict[str, tuple[Any, Mapping[str, Any]]]:
        """Return what has options, and the settings for it: an architecture's networks by role, else the component."""
        if self.kind == "architecture":
            return {role: (network, self.settings.get(role, {})) for role, network in self.component.roles.items()}
        return {self.name: (self.component, self.settings.get("game", {}) if self.kind == "game" else self.settings)}

    def options(self) -> dict[str, dict[str, Option]]:
        """Return the options of each constructor."""
        skip = GIVEN.get(self.kind, 0)
        return {name: options_of(construct, skip) for name, (construct, _) in self.constructors().items()}


#: Something that a component must keep: it raises AssertionError if it does not.
Promise = Callable[[Subject], None]


def require(condition: bool, message: str) -> None:  # noqa: FBT001  (reads as an assertion)
    """Raise AssertionError with a message unless a condition holds; python -O does not silence it."""
    if not condition:
        raise AssertionError(message)


def title(promise: Promise) -> str:
    """Return a promise as a phrase."""
    return promise.__name__.replace("_", " ")  # type: ignore[attr-defined, no-any-return]


def keep(subject: Subject, promise: Promise) -> None:
    """Check a promise, with torch's random state put back afterwards.

    Raises:
        AssertionError: It is broken; the message names component and promise.
    """
    where = f"{subject.kind} {subject.name!r}: {title(promise)}"
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            promise(subject)
    except AssertionError as error:
        raise AssertionError(f"{where}: {error}") from error
    except (Exception, SystemExit) as error:  # whatever a component does, the message says which one and when
        raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error
