"""Lists on the command line."""

from __future__ import annotations

import re

from gan_lightning.errors import UserError

_MOST = 10_000


def read_numbers(text: str, option: str) -> list[int]:
    """Read ``1,2,5-8``.

    Raises:
        UserError: It is not of that form.

    >>> read_numbers("1,2,5-8", "--seeds")
    [1, 2, 5, 6, 7, 8]
    """
    numbers: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last or last - first >= _MOST:
            raise UserError(f"{option}: expected numbers and ranges, such as 1,2,5-8, got {text!r}")
        numbers += range(first, last + 1)
    return numbers


def read_names(text: str, option: str) -> list[str]:
    """Read ``cat,dog``.

    Raises:
        UserError: A name is empty.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise UserError(f"{option}: expected names with commas between, got {text!r}")
    return names
