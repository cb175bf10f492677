"""The user's own images: a folder or a .zip, with a class for each subfolder."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_lightning.components import Dataset
from gan_lightning.data.cache import Plan, Row, key_of, load_or_decode
from gan_lightning.data.decode import (
    Background,
    Channels,
    DecodeError,
    Fit,
    Header,
    Target,
    decode,
    parse_resolution,
    read_header,
)
from gan_lightning.data.files import Entry, Files
from gan_lightning.data.parallel import in_order, track
from gan_lightning.data.samples import Samples
from gan_lightning.data.source import open_files
from gan_lightning.errors import UserError

log = logging.getLogger("gan_lightning.data")


@dataclass(frozen=True)
class Folder(Dataset):
    """PNG, JPEG, WebP, BMP, GIF and TIFF images of any size in a folder or a .zip, mixed as they come.

    The first level of subfolders are the classes, in the order of their names; where images also lie directly in the
    root, there are none. Hidden files and files of other types are ignored; unreadable images are named and skipped.

    Args:
        path: The folder or .zip.
        resolution: Size of every sample, one number or [height, width]; null for the images' own, if they share one.
        channels: 1 for gray, 3 for colour, 4 for colour with alpha; null for gray if every image is, else colour.
        fit: Whether images of another shape are cut ("crop") or distorted ("squash").
        background: What is behind transparent pixels where alpha is not kept.
        labels: Whether subfolders are classes.
    """

    path: Path
    resolution: int | list[int] | None = None
    channels: Channels | None = None
    fit: Fit = "crop"
    background: Background = "white"
    labels: bool = True

    def load(self, cache: Path) -> Samples:
        """Return every readable image, decoded now or read from the cache.

        Raises:
            UserError: The path is no folder or .zip with images, none is readable, or they differ in size and no
                resolution is given.
        """
        with open_files(self.path) as files:
            return self.load_files(files, cache)

    def load_files(self, files: Files, cache: Path) -> Samples:
        """Return every readable image of files that are open already; see `load`."""
        options = (self.resolution, self.channels, self.fit, self.background, self.labels)
        key = key_of("folder", files.identity(), options)
        name = files.root.resolve().name.removesuffix(".zip")
        return load_or_decode(cache, key, name, lambda: self._plan(files))

    def _plan(self, files: Files) -> Plan:
        target = self._target(files)
        classes, labels = _classes(files.entries) if self.labels else ((), [None] * len(files.entries))

        def read(index: int) -> Row:
            entry = files.entries[index]
            with files.open(entry) as file:
                return decode(file, files.full_name(entry), target), labels[index]

        names = [files.full_name(entry) for entry in files.entries]
        return Plan(names, target.shape, read, classes, files.refused)

    def _target(self, files: Files) -> Target:
        headers = _headers(files) if self.resolution is None or self.channels is None else []
        height, width = _common_size(headers) if self.resolution is None else parse_resolution(self.resolution)
        channels = self.channels or (1 if all(header.gray for header in headers) else 3)
        return Target(height, width, channels, self.fit, self.background)


def _headers(files: Files) -> list[Header]:
    def read(index: int) -> Header | DecodeError:
        entry = files.entries[index]
        try:
            with files.open(entry) as file:
                return read_header(file, files.full_name(entry))
        except DecodeError as error:
            return error

    count = len(files.entries)
    chunks = track(in_order(read, count), count, f"Reading {files.root.name}")
    found = [header for chunk in chunks for header in chunk]
    headers = [header for header in found if isinstance(header, Header)]
    if not headers:
        raise UserError(f"data.path: none of the {count} images in {files.root} is readable; the first: {found[0]}")
    return headers


def _common_size(headers: Sequence[Header]) -> tuple[int, int]:
    sizes = Counter((header.height, header.width) for header in headers)
    if len(sizes) > 1:
        raise sizes_differ(sizes)
    return next(iter(sizes))


def sizes_differ(sizes: Counter[tuple[int, int]]) -> UserError:
    """Return the mistake of naming no resolution for images of many ``(height, width)``."""
    listed = ", ".join(f"{height}x{width} ({count})" for (height, width), count in sizes.most_common(3))
    more = f" and {len(sizes) - 3} more" if len(sizes) > 3 else ""
    example = min(min(size) for size in sizes)
    return UserError(
        f"data.resolution: images differ in size (height x width): {listed}{more}; "
        f"set one number or [height, width], such as {example}"
    )


def _classes(entries: Sequence[Entry]) -> tuple[tuple[str, ...], list[int | None]]:
    found = [entry.label for entry in entries]
    names = sorted({label for label in found if label is not None})
    if names and None in found:
        loose = found.count(None)
        log.warning("%d images lie beside the class folders, not in one; the data have no labels", loose)
    if None in found:
        return (), [None] * len(entries)
    order = {name: index for index, name in enumerate(names)}
    return tuple(names), [order[label] for label in found if label is not None]
