"""The samples in a .tar, found by reading its headers; nothing is ever extracted, so no name can lead anywhere.

The format is that of the WebDataset library (Aizman et al. 2019, arXiv:2001.01858): the files of one sample have one
name up to the first dot.
"""

from __future__ import annotations

import logging
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gan_lightning.data.archive import MAX_SIZE
from gan_lightning.data.decode import SUFFIXES
from gan_lightning.data.files import is_hidden
from gan_lightning.errors import UserError

log = logging.getLogger("gan_lightning.data")

LABEL_SUFFIXES = (".cls", ".json")
"""Files beside an image that may hold its label; of two the first is read."""

_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstandard"}
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Part:
    """One file of a sample: its name, where its content begins, and how many bytes it has."""

    name: str
    offset: int
    size: int

    def read(self, file: BinaryIO, most: int = MAX_SIZE) -> bytes:
        """Return the content.

        Raises:
            ValueError: It has more bytes than `most`, or the .tar ends in it.
        """
        if self.size > most:
            raise ValueError(f"{self.name} has {self.size} bytes, more than {most}")
        file.seek(self.offset)
        content = file.read(self.size)
        if len(content) < self.size:
            raise ValueError(f"cut short in {self.name}")
        return content


@dataclass(frozen=True)
class Sample:
    """An image and, by suffix, what may hold its label."""

    image: Part
    labels: dict[str, Part]


def list_samples(path: Path, name: str) -> tuple[list[Sample], Counter[str]]:
    """Return the samples of a .tar in the order in which their images lie, and how many files are none of theirs.

    Args:
        path: The .tar.
        name: What the user calls it.

    Raises:
        UserError: It is no plain .tar, ends early, or a sample has two images or no plain file.
    """
    groups: dict[str, _Group] = {}
    others = Counter[str]()
    with blaming(name), path.open("rb") as file:
        _refuse_compressed(file, name)
        with _open(file) as archive:
            for member in _members(archive):
                _sort_in(member, groups, others, name)
            _require_end(archive, file)
    found = [Sample(_only(key, parts.images, name), parts.labels) for key, parts in groups.items() if parts.images]
    lost = len(groups) - len(found)
    if lost:
        log.warning("%s: %d labels belong to no image", name, lost)
    return sorted(found, key=lambda sample: sample.image.offset), others


def member_name(path: Path, offset: int) -> str:
    """Return the name of the member whose content begins at `offset`, for messages."""
    with path.open("rb") as file, _open(file) as archive:
        return next((member.name for member in _members(archive) if member.offset_data == offset), f"byte {offset}")


@contextmanager
def blaming(name: str) -> Iterator[None]:
    """Turn whatever goes wrong with a shard into a `UserError` that names it."""
    # tarfile meets damage with errors of many types, from OverflowError to UnicodeDecodeError.
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"data.shards: {name} is damaged, or no .tar: {reason}") from error


@dataclass
class _Group:
    images: list[Part] = field(default_factory=list)
    labels: dict[str, Part] = field(default_factory=dict)


def _open(file: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="r:", errors="replace")


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := archive.next()) is not None:
        if archive.offset <= member.offset:
            raise ValueError(f"{member.name} has a size that leads backwards")
        archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep them all
        yield member


def _sort_in(member: tarfile.TarInfo, groups: dict[str, _Group], others: Counter[str], shard: str) -> None:
    """Add a member to the sample that it belongs to."""
    path = PurePosixPath(member.name)
    stem, dot, suffix = path.name.partition(".")
    suffix = dot + suffix.lower()
    if member.isdir() or any(is_hidden(part) for part in path.parts if part != ".."):
        return
    if suffix not in SUFFIXES.union(LABEL_SUFFIXES):
        others[suffix] += 1
        return
    if not member.isreg() or member.issparse():
        raise UserError(f"data.shards: {shard}/{member.name}: expected a plain file, found a link or the like")
    part = Part(member.name, member.offset_data, member.size)
    group = groups.setdefault(str(path.with_name(stem)), _Group())
    if suffix in SUFFIXES:
        group.images.append(part)
    elif group.labels.setdefault(suffix, part) is not part:
        raise UserError(f"data.shards: {shard}/{member.name}: there are two of that name")


def _only(key: str, images: list[Part], shard: str) -> Part:
    if len(images) > 1:
        listed = " and ".join(PurePosixPath(part.name).name for part in images[:2])
        raise UserError(f"data.shards: {shard}/{key}: expected one image of that key, found {len(images)}: {listed}")
    return images[0]


def _require_end(archive: tarfile.TarFile, file: BinaryIO) -> None:
    # tarfile takes a header that it cannot read for the end.
    file.seek(archive.offset)
    if file.read(_BLOCK) != bytes(_BLOCK):
        raise ValueError(f"cut short or damaged at byte {archive.offset}: there is neither a file nor the end mark")


def _refuse_compressed(file: BinaryIO, name: str) -> None:
    begins = file.read(8)
    file.seek(0)
    for magic, kind in _COMPRESSED.items():
        if begins.startswith(magic):
            raise UserError(
                f"data.shards: {name} is compressed with {kind}; samples are read by their place in the file, so "
                "unpack it to a plain .tar"
            )
