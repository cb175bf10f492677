"""Numbers that no recipe can mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from gan_lightning.errors import UserError
from gan_lightning.recipe.options import OptionError

#: The parser that OmegaConf uses.
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BITS = 64
_BASE_8_OR_60 = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)")


def refuse_odd_notation(text: str, where: str) -> None:
    """Refuse what YAML 1.1 reads as a number to the base of 8 or 60: 010 would be 8, and 12:30 would be 750.

    Args:
        text: YAML that can be read.
        where: The file; the message begins with it and the line.

    Raises:
        UserError: There is one that is not in quotes.
    """
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and _BASE_8_OR_60.fullmatch(event.value):
            value = yaml.load(event.value, LOADER)
            line = event.start_mark.line + 1 if event.start_mark else "?"
            raise UserError(
                f"{where}:{line}: {event.value} would be read as {value}: write {value}, or in quotes, '{event.value}'"
            )


def refuse_odd_numbers(value: Any, where: str = "") -> None:
    """Refuse whole numbers beyond 64 bits, which torch cannot hold nor a message print, and NaN.

    Raises:
        OptionError: There is one; `where` is the dotted key of `value`, and what is in it is below that.
    """
    if isinstance(value, Mapping):
        for key, part in value.items():
            refuse_odd_numbers(key, where)
            refuse_odd_numbers(part, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            refuse_odd_numbers(part, f"{where}[{index}]")
    elif isinstance(value, int) and not -(2 ** (_BITS - 1)) <= value < 2 ** (_BITS - 1):
        raise OptionError(where, f"expected a whole number of {_BITS} bits, got one of {value.bit_length()}")
    elif isinstance(value, float) and math.isnan(value):
        raise OptionError(where, "expected a number, got NaN")
