"""What a class can be constructed with, through the constructors that it passes keywords on to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, getmro, signature
from typing import Any


def constructors(kind: type[Any]) -> Iterator[Callable[..., Any]]:
    """Yield a class's constructor, and that of each next base as long as the one before takes ``**keywords``."""
    for owner in getmro(kind):
        if "__init__" in vars(owner):
            constructor: Callable[..., Any] = vars(owner)["__init__"]
            yield constructor
            kinds = {parameter.kind for parameter in signature(constructor).parameters.values()}
            if Parameter.VAR_KEYWORD not in kinds:
                return
