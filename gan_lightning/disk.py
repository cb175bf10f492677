"""Files that are either the old ones or the new ones, whenever the process dies."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_lightning.errors import UserError

_log = logging.getLogger("gan_lightning")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; it takes `path`'s place if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def told_in_one_line(place: str) -> Iterator[None]:
    """Turn what the operating system says against writing into a line that begins with `place`.

    Raises:
        UserError: Something in the block could not be written.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"{place} cannot be written to: {error.strerror or error}; free it, or name another") from error


@contextmanager
def harmless(path: Path, told: set[Path], then: str = "training goes on without it") -> Iterator[None]:
    """Go on where the operating system does not let a file be written, with a warning the first time.

    Args:
        path: What cannot be written, the file or the folder of many.
        told: What has been warned of; `path` is added to it.
        then: What happens now.
    """
    try:
        yield
    except OSError as error:
        if path not in told:
            told.add(path)
            _log.warning("%s cannot be written (%s); %s", path, error.strerror or error, then)


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Cut a file back to the size it has now if the block, which adds to it, fails."""
    size = path.stat().st_size if path.is_file() else 0
    try:
        yield
    except OSError:
        if path.is_file():
            os.truncate(path, min(size, path.stat().st_size))
        raise


def sweep(folder: Path) -> None:
    """Delete what killed processes left half written in `folder` by `replacing`."""
    for leftover in folder.glob(".*.tmp"):
        leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too; where folders cannot be opened, such as on Windows, renaming does that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
