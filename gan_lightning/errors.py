"""Mistakes that one line explains: the command line prints them and exits with code 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can put right: a recipe key, a path, a shape no network can make.

    The message is one line that says what is wrong, where, what was expected and the nearest valid choice.
    Libraries on top may raise it too; nothing but the command line catches it. Whatever a file or another library has
    put into the message, it stays one line, and what would control a terminal is spelt out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class UnsupportedShapeError(UserError):
    """A network cannot make or judge samples of the shape that the data has."""


def one_line(text: str) -> str:
    r"""Return text as one line in which what is not printable is spelt out.

    >>> one_line("no good" + chr(10) + "    at all" + chr(27))
    'no good at all\\x1b'
    """
    joined = " ".join(part.strip() for part in text.strip().split("\n"))
    return "".join(letter if letter.isprintable() else _spelt_out(letter) for letter in joined)


def _spelt_out(letter: str) -> str:
    return " " if letter.isspace() else letter.encode("unicode_escape").decode()


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return a phrase that names the choices closest to `name`, or all of them where none is close.

    >>> nearest("hings", ["hinge", "wasserstein"])
    "did you mean 'hinge'?"
    >>> nearest("x", ["hinge", "wasserstein"])
    'choose from: hinge, wasserstein'
    """
    known = sorted(choices)
    close = difflib.get_close_matches(str(name), known, n=2, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(repr(choice) for choice in close)}?"
    return f"choose from: {', '.join(known)}" if known else "there are none"
