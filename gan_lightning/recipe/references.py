"""References from one key of a recipe to another, checked before any is filled in: they read and run nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gan_lightning.errors import UserError

#: Values that a recipe may come to when references are filled in: a few lines could unfold to more than fit in memory.
MOST_VALUES = 10_000

_REFERENCE = re.compile(r"(?<!\\)\$\{([a-z_]\w*(?:\.\w+|\[\d+\])*)\}", re.ASCII | re.IGNORECASE)


def check_references(recipe: Any, where: str) -> None:
    """Refuse all but plain references to keys, and references that unfold without end.

    OmegaConf's resolvers read the environment, and one can be named by a reference inside a reference.

    Args:
        recipe: Plain containers in which no reference is filled in.
        where: What the message begins with.

    Raises:
        UserError: Some text has a reference of another kind, or there are too many values.
    """
    refuse_resolvers(recipe, where)
    left, waiting = MOST_VALUES, [recipe]
    while waiting:
        value = waiting.pop()
        left -= 1
        if left < 0:
            raise UserError(f"{where}: its references unfold to more than {MOST_VALUES} values, or without end")
        waiting += _parts(value)
        if isinstance(value, str):
            waiting += [_look_up(recipe, key) for key in _REFERENCE.findall(value)]


def refuse_resolvers(value: Any, where: str, allowed: re.Pattern[str] = _REFERENCE) -> None:
    """Refuse text with a ``${`` that does not begin what is `allowed`.

    Raises:
        UserError: Some text has one.
    """
    for text in _texts(value):
        if len(allowed.findall(text)) != text.count("${"):
            raise UserError(f"{where}: {text!r}: recipes run no resolvers; only ${{other.key}} is filled in")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in _parts(value):
        yield from _texts(part)


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _look_up(recipe: Any, key: str) -> Any:
    """Return what a dotted key leads to, or None."""
    value = recipe
    for part in re.findall(r"\w+", key):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
