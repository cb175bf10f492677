"""The shards that a recipe names: files by pattern, or addresses that fsspec reads, fetched into the cache."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from gan_lightning.data.cache import key_of
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError, nearest

MOST = 1_000_000
"""Shards that one pattern may name."""

_BRACES = re.compile(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}")
_REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]*://")
_VERSIONS = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "mtime", "created")


@dataclass(frozen=True)
class Shard:
    """A .tar.

    Args:
        name: What the user calls it: a path or an address.
    """

    name: str

    @property
    def remote(self) -> bool:
        """Whether it must be fetched."""
        return _REMOTE.match(self.name) is not None

    def local(self, cache: Path) -> Path:
        """Return the file; a remote one is fetched whole, once, into the cache.

        Raises:
            UserError: It cannot be fetched.
        """
        return _fetch(self.name, cache / "shards") if self.remote else Path(self.name)


def find_shards(patterns: str | Sequence[str]) -> list[Shard]:
    """Return the shards that patterns name, each once, in the order of the patterns.

    Args:
        patterns: Paths or addresses with braces as a shell has them, ``{000..127}`` and ``{a,b}``, and ``*``, ``?``,
            ``[...]``; or folders, for all their .tar files. What braces name must exist.

    Raises:
        UserError: Nothing matches a pattern, or a file that braces name is missing.
    """
    listed = [patterns] if isinstance(patterns, str) else patterns
    names = dict.fromkeys(chain.from_iterable(_matches(pattern) for pattern in listed))
    if not names:
        raise UserError("data.shards: expected paths of .tar files, got none")
    return [Shard(name) for name in names]


def expand(pattern: str) -> Iterator[str]:
    """Yield what braces stand for; a number keeps the width of the range's first.

    >>> list(expand("{train,val}-{08..10}.tar"))[:4]
    ['train-08.tar', 'train-09.tar', 'train-10.tar', 'val-08.tar']
    """
    found = _BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    first, last, choices = found.groups()
    if first is not None and int(last) < int(first):
        raise UserError(f"data.shards: {found.group()} in {pattern} is an empty range; expected {{{last}..{first}}}")
    for choice in choices.split(",") if first is None else _numbers(first, last):
        yield from expand(pattern[: found.start()] + choice + pattern[found.end() :])


def _numbers(first: str, last: str) -> Iterator[str]:
    return (f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1))


def _matches(pattern: str) -> list[str]:
    names = []
    for name in expand(pattern):
        names.append(name)
        if len(names) > MOST:
            raise UserError(f"data.shards: {pattern} names more than {MOST} files")
    if _REMOTE.match(pattern):
        return [match for name in names for match in (_remote_glob(name) if glob.has_magic(name) else [name])]
    found = {name: _local_glob(Path(name.removeprefix("file://")).expanduser()) for name in names}
    missing = [name for name, files in found.items() if not files]
    if missing:
        raise UserError(f"data.shards: {_describe_missing(pattern, missing, len(names))}")
    return [file for files in found.values() for file in files]


def _local_glob(path: Path) -> list[str]:
    if path.is_dir():
        return sorted(str(file) for file in path.glob("*.tar"))
    if path.is_file():
        return [str(path)]
    return sorted(name for name in glob.glob(str(path)) if Path(name).is_file())  # noqa: PTH207  (it may be absolute)


def _describe_missing(pattern: str, missing: Sequence[str], count: int) -> str:
    first = Path(missing[0]).expanduser()
    if count > 1:
        return f"{first} does not exist, and {pattern} names it; {len(missing)} of its {count} files are missing"
    if first.is_dir():
        return f"no .tar files in {first}"
    if glob.has_magic(str(first)):
        return f"no file matches {first}"
    siblings = [file.name for file in first.parent.glob("*.tar")] if first.parent.is_dir() else []
    return f"{first} does not exist; {nearest(first.name, siblings[:10]) if siblings else 'no .tar lies there either'}"


def _remote_glob(pattern: str) -> list[str]:
    try:
        files, path = _file_system(pattern)
        found = sorted(files.unstrip_protocol(name) for name in files.glob(path))
    except Exception as error:  # file systems fail in ways of their own
        raise _unreachable(pattern, error) from error
    if not found:
        raise UserError(f"data.shards: no file matches {pattern}")
    return found


def _fetch(url: str, folder: Path) -> Path:
    try:
        files, path = _file_system(url)
        facts = files.info(path)
        version = next((facts[key] for key in _VERSIONS if facts.get(key)), None)
        key = key_of("shard", files.unstrip_protocol(path), facts.get("size"), version)
        target = folder / f"{key}-{PurePosixPath(path).name}"
        if not target.exists():
            with replacing(target) as temporary:
                files.get_file(path, str(temporary))
    except Exception as error:
        raise _unreachable(url, error) from error
    return target


def _file_system(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    files, path = url_to_fs(url)
    return files, path


def _unreachable(url: str, error: Exception) -> UserError:
    reason = "no such file" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())
    return UserError(f"data.shards: cannot read {url}: {reason or type(error).__name__}")
