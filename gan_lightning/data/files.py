"""The image files of a folder or a .zip, listed and opened by name."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO

from gan_lightning.data.decode import SUFFIXES, DecodeError


@dataclass(frozen=True)
class Entry:
    """One image file.

    Args:
        name: Path below the root, with forward slashes.
        size: Bytes.
        stamp: What changes with the content: times of modification in nanoseconds, or a zip member's CRC.
    """

    name: str
    size: int
    stamp: int

    @property
    def label(self) -> str | None:
        """The first folder below the root, None for a file directly in it."""
        first, *rest = self.name.split("/")
        return first if rest else None


class Files(ABC):
    """The image files below a root, in the order of their names.

    Args:
        root: The folder or .zip.
        entries: Its images.
        others: How many files of other types there are, by suffix.
        refused: Why members of a .zip are not read, by their names.
    """

    def __init__(self, root: Path, entries: list[Entry], others: Counter[str], refused: dict[str, str]) -> None:
        self.root = root
        self.entries = sorted(entries, key=lambda entry: entry.name)
        self.others = others
        self.refused = refused

    @abstractmethod
    def open(self, entry: Entry) -> BinaryIO:
        """Open one image; safe to call from many threads.

        Raises:
            DecodeError: It cannot be read.
        """

    @abstractmethod
    def identity(self) -> list[object]:
        """Return what tells these files from others, without reading them."""

    def full_name(self, entry: Entry) -> str:
        """Return the name by which a person finds the file."""
        return f"{self.root}/{entry.name}"

    def close(self) -> None:  # noqa: B027  (a folder holds nothing open)
        """Let go of what is open."""

    def __enter__(self) -> Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FolderFiles(Files):
    """A folder on disk. Links are followed, each folder once."""

    def __init__(self, root: Path) -> None:
        entries, others = [], Counter[str]()
        for name in _walk(root):
            if PurePosixPath(name).suffix.lower() in SUFFIXES:
                facts = (root / name).stat()
                # Copying may set the first time back, and making a file readable changes only the second.
                entries.append(Entry(name, facts.st_size, facts.st_mtime_ns + facts.st_ctime_ns))
            else:
                others[PurePosixPath(name).suffix.lower()] += 1
        super().__init__(root, entries, others, {})

    def open(self, entry: Entry) -> BinaryIO:
        """Open one image."""
        try:
            return (self.root / entry.name).open("rb")
        except OSError as error:
            raise DecodeError(self.full_name(entry), error.strerror or "cannot be read") from error

    def identity(self) -> list[object]:
        """Names, sizes and times could agree by chance between two folders, so the place belongs to it."""
        return [str(self.root.resolve()), [(entry.name, entry.size, entry.stamp) for entry in self.entries]]


def _walk(root: Path) -> Iterator[str]:
    seen = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        relative = Path(folder).relative_to(root)
        yield from (
            (relative / name).as_posix() for name in names if not is_hidden(name) and (Path(folder) / name).is_file()
        )


def is_hidden(part: str) -> bool:
    """Tell whether a file or folder of this name is none of the user's images."""
    return part.startswith(".") or part == "__MACOSX"
