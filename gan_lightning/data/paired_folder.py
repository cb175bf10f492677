"""The user's images in pairs: what shall be made, and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from gan_lightning.data.cache import Plan, Row, key_of, load_or_decode
from gan_lightning.data.decode import Channels, Fit, Target, decode, parse_resolution
from gan_lightning.data.files import Entry, Files
from gan_lightning.data.held_out import Part, in_part, require_share
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.data.source import open_files
from gan_lightning.data.two_folders import TwoFolders
from gan_lightning.errors import UserError

Side = Literal["source", "target"]


@dataclass(frozen=True)
class PairedFolder(TwoFolders):
    """Pairs of images in two folders or .zips, of equal names but for the suffix: ``a/cat/1.png`` and ``b/cat/1.jpg``.

    The samples are the targets; each has a partner `source`. The first level of the targets' subfolders are the
    classes. A pair of which one image is unreadable is named and skipped.

    Args:
        held_out: Share of the pairs that training does not see.
        part: Which pairs these are: those for training, those held out, or all. A pair's name decides.
    """

    fit: Fit = "squash"
    held_out: float = 0.0
    part: Part = "train"

    def __post_init__(self) -> None:
        """Refuse shares that leave nothing."""
        require_share(self.held_out)

    def load(self, cache: Path) -> Samples:
        """Return every readable pair, decoded now or read from the cache.

        Raises:
            UserError: A path is no folder or .zip with images, or an image has no other half.
        """
        with open_files(self.source, "data.source") as sources, open_files(self.target, "data.target") as targets:
            pairs = self._pairs(sources, targets)
            options = {name: value for name, value in vars(self).items() if name not in ("source", "target")}
            key = key_of("paired_folder", sources.identity(), targets.identity(), options)
            name = targets.root.resolve().name.removesuffix(".zip")
            both = load_or_decode(cache, key, name, lambda: self._plan(sources, targets, pairs))
        made = self.target_channels  # of the channels of both, decoded into one image
        halves = both.values[:, :made], both.values[:, made:]  # type: ignore[index]
        return replace(both, values=halves[0], partners={"source": Partner(halves[1])})

    def _pairs(self, sources: Files, targets: Files) -> list[tuple[Entry, Entry]]:
        """Return the pairs of the part, sources first, in the order of their names."""
        found = {"source": _by_stem(sources, "source"), "target": _by_stem(targets, "target")}
        for side, other in (("source", "target"), ("target", "source")):
            alone = sorted(found[other].keys() - found[side].keys())
            if alone:
                more = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
                path = getattr(self, side)
                raise UserError(f"data.{side}: no image {alone[0]}{more} in {path}; {getattr(self, other)} has one")
        stems = [stem for stem in sorted(found["target"]) if in_part(stem, self.part, self.held_out)]
        if not stems:
            raise UserError(f"data.part: no pair is in part {self.part!r} with data.held_out {self.held_out:g}")
        return [(found["source"][stem], found["target"][stem]) for stem in stems]

    def _plan(self, sources: Files, targets: Files, pairs: list[tuple[Entry, Entry]]) -> Plan:
        size = parse_resolution(self.resolution)
        looks = [Target(*size, channels, self.fit, self.background) for channels in self._channels]
        classes = sorted({target.label for _, target in pairs if target.label is not None})
        order = {label: number for number, label in enumerate(classes)}

        def read(index: int) -> Row:
            pair = pairs[index]
            images = []
            for files, entry, look in zip((sources, targets), pair, looks, strict=True):
                with files.open(entry) as file:
                    images.append(decode(file, files.full_name(entry), look))
            label = pair[1].label
            return np.concatenate(images[::-1]), None if label is None else order[label]

        names = [targets.full_name(target) for _, target in pairs]
        shape = (sum(self._channels), *size)
        return Plan(names, shape, read, tuple(classes), {**sources.refused, **targets.refused})

    @property
    def _channels(self) -> tuple[Channels, Channels]:
        return self.source_channels, self.target_channels


def _by_stem(files: Files, side: Side) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in files.entries:
        stem = PurePosixPath(entry.name).with_suffix("").as_posix()
        if stem in found:
            raise UserError(f"data.{side}: {found[stem].name} and {entry.name} in {files.root} have one name")
        found[stem] = entry
    return found
