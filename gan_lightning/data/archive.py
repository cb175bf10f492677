"""The image files of a .zip, read by name; nothing is ever extracted, so no name can lead anywhere."""

from __future__ import annotations

import io
import stat
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from gan_lightning.data.decode import SUFFIXES, DecodeError
from gan_lightning.data.files import Entry, Files, is_hidden
from gan_lightning.errors import UserError

MAX_RATIO = 200
"""A member that unpacks to more times its size is refused, if it is larger than 1 MiB."""

MAX_SIZE = 1 << 30
"""Bytes of the largest member that is read."""

_SMALL = 1 << 20


class ZipFiles(Files):
    """A .zip. A single folder at its top that holds all images is taken for the root."""

    def __init__(self, root: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(root)
        except Exception as error:  # a damaged directory is met with errors of many types
            raise UserError(f"data.path: {root} is no folder and no readable .zip ({error})") from error
        members, others, refused = _sort_members(self._archive)
        top = _single_top(members)
        self._members = {name.removeprefix(top): member for name, member in members.items()}
        entries = [Entry(name, member.file_size, member.CRC) for name, member in self._members.items()]
        super().__init__(root, entries, others, refused)

    def open(self, entry: Entry) -> BinaryIO:
        """Read one image into memory."""
        # zipfile raises RuntimeError for encrypted members, and its decompressors errors of their own.
        try:
            return io.BytesIO(self._archive.read(self._members[entry.name]))
        except Exception as error:
            raise DecodeError(self.full_name(entry), str(error)) from error

    def identity(self) -> list[object]:
        """Names, sizes and checksums say what the content is, wherever the archive lies."""
        return [(entry.name, entry.size, entry.stamp) for entry in self.entries]

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()


def _sort_members(archive: zipfile.ZipFile) -> tuple[dict[str, zipfile.ZipInfo], Counter[str], dict[str, str]]:
    members: dict[str, zipfile.ZipInfo] = {}
    others, refused = Counter[str](), {}
    for member in archive.infolist():
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if not member.filename or member.is_dir() or any(is_hidden(part) for part in name.parts if part != ".."):
            continue
        if name.suffix.lower() not in SUFFIXES:
            others[name.suffix.lower()] += 1
        elif reason := _danger(member, name):
            refused[f"{archive.filename}/{member.filename}"] = reason
        else:
            members[str(name)] = member
    return members, others, refused


def _danger(member: zipfile.ZipInfo, name: PurePosixPath) -> str | None:
    if PureWindowsPath(member.filename).anchor or ".." in name.parts:
        return "its name leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a symbolic link"
    if member.file_size > min(MAX_SIZE, max(_SMALL, MAX_RATIO * member.compress_size)):
        return f"it would unpack to {member.file_size} bytes from {member.compress_size}"
    return None


def _single_top(names: dict[str, zipfile.ZipInfo]) -> str:
    tops = {name.split("/")[0] if "/" in name else "" for name in names}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""
