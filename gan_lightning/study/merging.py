"""A variant's changes laid over a base recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lay_over(base: Any, change: Any) -> Any:
    """Return `change` laid over `base`, both plain containers.

    Mappings are merged key by key, unless the change names another component: then nothing of the old one's options
    is left. Everything else, lists included, is replaced.
    """
    if not isinstance(base, Mapping) or not isinstance(change, Mapping) or _names_another(base, change):
        return change
    merged = {key: lay_over(base[key], change[key]) if key in change else value for key, value in base.items()}
    return {**merged, **{key: value for key, value in change.items() if key not in base}}


def _names_another(base: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    return "name" in change and change["name"] != base.get("name")
