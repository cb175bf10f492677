"""Changes laid over a recipe, or a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Sections with a name that names no component.
NAMED = frozenset({"run"})


def lay_over(base: Any, change: Any) -> Any:
    """Return `change` laid over `base`, both plain containers.

    Mappings are merged key by key, unless the change names another component: then nothing of the old one's options
    is left. Everything else, lists included, is replaced.
    """
    if not isinstance(base, Mapping) or not isinstance(change, Mapping) or names_another(base, change):
        return change
    merged = {key: _laid_over(key, value, change[key]) if key in change else value for key, value in base.items()}
    return {**merged, **{key: value for key, value in change.items() if key not in base}}


def _laid_over(key: str, base: Any, change: Any) -> Any:
    if key in NAMED and isinstance(base, Mapping) and isinstance(change, Mapping):
        return {**base, **change}
    return lay_over(base, change)


def names_another(base: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    """Tell whether a component's keys and values name another one, of which the old one's options say nothing."""
    return "name" in change and change["name"] != base.get("name")
