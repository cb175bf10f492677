"""One case for each component and promise, for a test to be parametrised with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan_lightning.catalog import Catalog, Entry
from gan_lightning.errors import UserError, nearest
from gan_lightning.plugins import KINDS
from gan_lightning.testing import (
    architectures,
    augmentations,
    datasets,
    extractors,
    games,
    losses,
    metrics,
    penalties,
)
from gan_lightning.testing.general import GENERAL
from gan_lightning.testing.subject import Promise, Subject, keep, title

#: Options by component name: ``{"folder": {"path": "images"}}``; see `Subject` for what games and architectures take.
Settings = Mapping[str, Mapping[str, Any]]

PROMISES: Mapping[str, tuple[Promise, ...]] = {
    "loss": losses.PROMISES,
    "penalty": penalties.PROMISES,
    "architecture": architectures.PROMISES,
    "game": games.PROMISES,
    "dataset": datasets.PROMISES,
    "augmentation": augmentations.PROMISES,
    "metric": metrics.PROMISES,
    "extractor": extractors.PROMISES,
}


@dataclass(frozen=True)
class Case:
    """A component and something it promises; its text is ``loss/hinge: teaches the generator``."""

    subject: Subject
    promise: Promise

    def __str__(self) -> str:
        return f"{self.subject.kind}/{self.subject.name}: {title(self.promise)}"


def check(case: Case) -> None:
    """Check a case.

    Raises:
        AssertionError: The promise is broken; the message names component and promise.
    """
    keep(case.subject, case.promise)


def component_cases(
    hook: str | None = None,
    plugin: str | None = None,
    *,
    settings: Settings | None = None,
    slow: bool = False,
    catalog: Catalog | None = None,
) -> list[Case]:
    """Return the cases of registered components.

    Args:
        hook: Which kind, by the name of its hook such as ``"losses"``; all kinds if None.
        plugin: Which plugin's; those of all plugins if None.
        settings: Options that components are tried with, by component name.
        slow: The cases that take about ten seconds each, such as training on two processes, instead of the others.
        catalog: The components there are; those of all installed plugins if None.

    Raises:
        UserError: There is no such hook or plugin, or the plugin failed to load.
    """
    subjects = _subjects(hook, plugin, settings or {}, catalog or Catalog.installed())
    if slow:
        played = [subject for subject in subjects if subject.kind == "game"]
        return [Case(subject, promise) for subject in played for promise in games.SLOW_PROMISES]
    return [Case(subject, promise) for subject in subjects for promise in (*GENERAL, *_promises(subject))]


def left_out(
    hook: str | None = None,
    plugin: str | None = None,
    *,
    settings: Settings | None = None,
    catalog: Catalog | None = None,
) -> dict[str, str]:
    """Return the components that `component_cases` can try in general respects only, each with the reason."""
    subjects = _subjects(hook, plugin, settings or {}, catalog or Catalog.installed())
    reasons = {f"{subject.kind}/{subject.name}": _obstacle(subject) for subject in subjects}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _promises(subject: Subject) -> tuple[Promise, ...]:
    return () if _obstacle(subject) else PROMISES[subject.kind]


def _obstacle(subject: Subject) -> str | None:
    """Return why a component cannot be constructed or used here; what cannot even be imported is left to its cases."""
    try:
        missing = _missing_options(subject)
    except (UserError, SystemExit):
        return None
    if missing:
        return f"it needs {', '.join(missing)}: give settings"
    if subject.kind == "metric" and subject.component.asks_networks:
        return "it asks the networks of a trained game"
    return extractors.missing_weights(subject) if subject.kind == "extractor" else None


def _missing_options(subject: Subject) -> list[str]:
    given = {name: settings for name, (_, settings) in subject.constructors().items()}
    return [
        key
        for name, options in subject.options().items()
        for key, option in options.items()
        if option.required and key not in given[name]
    ]


def _subjects(hook: str | None, plugin: str | None, settings: Settings, catalog: Catalog) -> list[Subject]:
    kinds = {hook_of: kind for kind, hook_of in KINDS.items()}
    if hook is not None and hook not in kinds:
        raise UserError(f"there is no hook {hook!r}; {nearest(hook, kinds)}")
    _refuse_missing(plugin, catalog)
    wanted = list(KINDS) if hook is None else [kinds[hook]]
    entries = [entry for kind in wanted for entry in _entries(kind, plugin, catalog)]
    return [Subject(entry, settings.get(entry.name, {})) for entry in entries]


def _entries(kind: str, plugin: str | None, catalog: Catalog) -> list[Entry]:
    """Return the components of a kind, a plugin's own ones also where another has their bare name."""
    if plugin is None:
        return catalog.entries(kind)
    owner = next(found for found in catalog.working() if found.name == plugin)
    return [catalog.find(kind, f"{plugin}/{name}") for name in sorted(owner.components.get(kind, {}))]


def _refuse_missing(plugin: str | None, catalog: Catalog) -> None:
    if plugin is None:
        return
    for broken in catalog.broken():
        if broken.name == plugin:
            raise UserError(f"plugin {broken.label} was left out: {broken.error}")
    known = [found.name for found in catalog.working()]
    if plugin not in known:
        raise UserError(f"there is no plugin {plugin!r}; {nearest(plugin, known)}")
