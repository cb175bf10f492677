"""Discovery of plugins: each is collected whole or not at all, and one that fails is reported, never fatal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from gan_lightning import hookspecs

#: Singular name of each kind of component, as in ``describe loss hinge``, and the hook that offers it.
KINDS = {
    "loss": "losses",
    "penalty": "penalties",
    "architecture": "architectures",
    "game": "games",
    "dataset": "datasets",
    "augmentation": "augmentations",
    "metric": "metrics",
    "extractor": "extractors",
}


@dataclass
class Plugin:
    """An installed plugin, and what came of loading it.

    Args:
        name: Name of the entry point, which stands before the slash in ``family/name``.
        distribution: The installed package that declares it.
        version: That package's version.
        components: For each kind, what the plugin offers by name.
        hooks: The functions of its other hooks, by hook name.
        error: Why it was left out, in one line, or None.
    """

    name: str
    distribution: str
    version: str
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    hooks: dict[str, Callable[..., Any]] = field(default_factory=dict)
    error: str | None = None

    @property
    def label(self) -> str:
        """Name, distribution and version, for messages."""
        return f"{self.name} ({self.distribution} {self.version})"


def discover(blocked: Sequence[str] = ()) -> list[Plugin]:
    """Load every installed plugin, in the order of distribution and name.

    Args:
        blocked: Names of plugins to leave alone; they are listed with an error that says so.
    """
    loaded: list[Plugin] = []
    for point in _points():
        plugin = Plugin(point.name, *_source(point))
        if point.name in blocked:
            plugin.error = "blocked with --no-plugin"
        else:
            _load(plugin, point, loaded)
        loaded.append(plugin)
    return loaded


def _load(plugin: Plugin, point: EntryPoint, others: Sequence[Plugin]) -> None:
    try:
        _refuse_taken_name(plugin, others)
        components, hooks = _collect(plugin.name, point.load())
    except (Exception, SystemExit) as error:  # a plugin may fail in any way: report it, keep the others
        plugin.error = _one_line(error)
        return
    plugin.components, plugin.hooks = components, hooks


def _collect(name: str, module: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Callable[..., Any]]]:
    """Ask one plugin for all its components, in a manager of its own so that its mistakes are its own."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, name=name)
    manager.check_pending()  # a misspelt hook is an error, not silence
    components: dict[str, dict[str, Any]] = {}
    for kind, hook in KINDS.items():
        offered = [part for part in getattr(manager.hook, hook)() if part is not None]
        components[kind] = {label: component for part in offered for label, component in part.items()}
    others = {hook: getattr(manager.hook, hook) for hook in ("commands", "callbacks", "modify_recipe")}
    return components, {hook: caller for hook, caller in others.items() if caller.get_hookimpls()}


def _points() -> Iterator[EntryPoint]:
    """Yield entry points in an order that does not depend on the file system, the core's own first."""
    yield from sorted(entry_points(group=hookspecs.PROJECT), key=lambda point: (point.name != "core", _source(point)))


def _source(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("unknown", "0")


def _refuse_taken_name(plugin: Plugin, others: Sequence[Plugin]) -> None:
    for other in others:
        if other.name == plugin.name and other.error is None:
            raise ValueError(f"the name {plugin.name!r} is taken by {other.distribution} {other.version}")


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text}"
