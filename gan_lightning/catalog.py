"""Look-up of components by kind and name, over all plugins."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gan_lightning.errors import UserError, nearest
from gan_lightning.plugins import KINDS, Plugin, discover


@dataclass(frozen=True)
class Entry:
    """A component: where it comes from, and the class or object, imported when it is first asked for."""

    kind: str
    name: str
    plugin: Plugin
    reference: Any

    @cached_property
    def component(self) -> Any:
        """The component itself.

        Raises:
            UserError: Its module cannot be imported, or has no such name.
        """
        if not isinstance(self.reference, str):
            return self.reference
        module, _, attribute = self.reference.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (Exception, SystemExit) as error:  # third-party code: name the plugin, whatever went wrong
            said = " ".join(str(error).split())
            raise UserError(
                f"{self.kind} {self.name!r} of plugin {self.plugin.label} cannot be loaded: "
                f"{type(error).__name__}: {said}"
            ) from error


class Catalog:
    """All components of all plugins.

    Args:
        plugins: The plugins to take components from, in order of precedence.
    """

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.plugins = list(plugins)
        self.notices: dict[str, list[str]] = {}
        self._entries: dict[tuple[str, str], Entry] = {}
        for plugin in self.working():
            self._add(plugin)

    @classmethod
    def installed(cls, blocked: Sequence[str] = ()) -> Catalog:
        """Collect every installed plugin but the blocked ones."""
        return cls(discover(blocked))

    def working(self) -> Iterator[Plugin]:
        """Yield the plugins that loaded."""
        return (plugin for plugin in self.plugins if plugin.error is None)

    def broken(self) -> Iterator[Plugin]:
        """Yield the plugins that were left out."""
        return (plugin for plugin in self.plugins if plugin.error is not None)

    def entries(self, kind: str) -> list[Entry]:
        """Return all components of a kind, each once, by name."""
        _check_kind(kind)
        return [entry for (of, name), entry in sorted(self._entries.items()) if of == kind and "/" not in name]

    def find(self, kind: str, name: str) -> Entry:
        """Look a component up, as ``name`` or, to settle a clash, as ``plugin/name``.

        Raises:
            UserError: There is none of that name; the message names the nearest and the plugins that failed.
        """
        _check_kind(kind)
        found = self._entries.get((kind, name))
        if found is None:
            raise UserError(f"there is no {kind} {name!r}; {self._hint(kind, name)}")
        return found

    def call(self, hook: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call one of the hooks that offer no components, in every plugin that has it."""
        return [answer for _, caller in self._callers(hook) for answer in caller(*args, **kwargs)]

    def _callers(self, hook: str) -> list[tuple[Plugin, Callable[..., list[Any]]]]:
        return [(plugin, plugin.hooks[hook]) for plugin in self.working() if hook in plugin.hooks]

    def _hint(self, kind: str, name: str) -> str:
        names = [entry.name for entry in self.entries(kind)]
        failed = [f"{plugin.label}: {plugin.error}" for plugin in self.broken()]
        return nearest(name, names) + (f" (left out: {'; '.join(failed)})" if failed else "")

    def _add(self, plugin: Plugin) -> None:
        """Add a plugin's components. A bare name belongs to whom has it first; ``plugin/name`` is always its own."""
        for kind, parts in plugin.components.items():
            for name, part in parts.items():
                entry = Entry(kind, name, plugin, part)
                self._entries[kind, f"{plugin.name}/{name}"] = entry
                owner = self._entries.setdefault((kind, name), entry).plugin
                if owner is not plugin:
                    self.notices.setdefault(plugin.name, []).append(
                        f"{kind} {name!r} is {owner.label}'s; this one is '{plugin.name}/{name}'"
                    )


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UserError(f"there is no kind of component {kind!r}; {nearest(kind, KINDS)}")
