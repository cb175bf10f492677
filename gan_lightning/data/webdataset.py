"""Images in .tar shards, read as they are needed: for data that neither memory nor disk holds decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import key_of
from gan_lightning.data.decode import SUFFIXES, Background, Channels, Fit, Target, parse_resolution
from gan_lightning.data.folder import sizes_differ
from gan_lightning.data.order import ShardOrder
from gan_lightning.data.parallel import in_order, track
from gan_lightning.data.samples import Samples
from gan_lightning.data.shards import Shard, find_shards
from gan_lightning.data.tar import member_name
from gan_lightning.data.tar_images import File, TarImages
from gan_lightning.data.tar_index import ShardIndex, Stamp, load_index
from gan_lightning.data.tar_labels import NONE
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin


@dataclass(frozen=True)
class WebDataset(Dataset):
    """Images in .tar files of the WebDataset format, decoded batch by batch while the batch before trains.

    A sample is ``KEY.png`` (.jpg, .webp... too) and perhaps ``KEY.cls`` or ``KEY.json`` with its label, a number or the
    name of a class; other files are ignored. Each shard is read through once, for where its images lie; that index is
    kept in the cache. Training takes the shards in an order drawn for each epoch and shuffles within a window.

    Args:
        shards: Paths with {000..127}, {a,b}, * and ?, or folders of .tar files; one or a list. Addresses such as s3://
            and https:// are read by fsspec and fetched into the cache, as they are.
        resolution: Size of every sample, one number or [height, width]; null for the images' own, if they share one.
        channels: 1 for gray, 3 for colour, 4 for colour with alpha; null for gray if every image is, else colour.
        fit: Whether images of another shape are cut ("crop") or distorted ("squash").
        background: What is behind transparent pixels where alpha is not kept.
        labels: Whether labels are read.
        label_field: The key of a .json that holds the label.
        window: Images that are shuffled among each other: more mix better, fewer read closer together.
    """

    shards: str | list[str]
    resolution: int | list[int] | None = None
    channels: Channels | None = None
    fit: Fit = "crop"
    background: Background = "white"
    labels: bool = True
    label_field: str = "label"
    window: int = 16_384

    origin: ClassVar[Origin | None] = Origin(
        "Aizman et al., High Performance I/O For Large Scale Deep Learning", 2019, arxiv="2001.01858"
    )

    def load(self, cache: Path) -> Samples:
        """Return the images, none of them decoded yet.

        Raises:
            UserError: A shard is missing or damaged, something in it is no sample, only some samples have a label, or
                images differ in size and no resolution is given.
        """
        if self.window < 1:
            raise UserError(f"data.window: expected 1 or more, got {self.window}")
        files, indexes = self._index(find_shards(self.shards), cache)
        target = self._target(indexes)
        labels, names = _join_labels(files, indexes)
        counts = [len(index) for index in indexes]
        images = TarImages(
            files,
            np.repeat(np.arange(len(files), dtype=np.int32), counts),
            np.concatenate([index.offsets for index in indexes]),
            np.concatenate([index.sizes for index in indexes]),
            target,
        )
        fingerprint = key_of("webdataset", [index.digest for index in indexes], vars(target))
        return Samples(images, labels, self._name, fingerprint, names, order=ShardOrder.of(counts, self.window))

    def _index(self, shards: Sequence[Shard], cache: Path) -> tuple[list[File], list[ShardIndex]]:
        label_field = self.label_field if self.labels else None

        def read(number: int) -> tuple[File, ShardIndex]:
            shard = shards[number]
            path = shard.local(cache)
            index = load_index(path, shard.name, label_field, cache)
            return File(shard.name, path, Stamp.of(path)), index

        chunks = track(in_order(read, len(shards), chunk=1), len(shards), "Reading shards")
        found = [pair for chunk in chunks for pair in chunk]
        files, indexes = [file for file, _ in found], [index for _, index in found]
        if not any(len(index) for index in indexes):
            raise UserError(f"data.shards: no images in {files[0].name}{_describe_absence(files, indexes)}")
        return files, indexes

    def _target(self, indexes: Sequence[ShardIndex]) -> Target:
        if self.resolution is None:
            height, width = _common_size(indexes)
        else:
            height, width = parse_resolution(self.resolution)
        channels = self.channels or (1 if all(bool(index.gray.all()) for index in indexes) else 3)
        return Target(height, width, channels, self.fit, self.background)

    @property
    def _name(self) -> str:
        first = self.shards if isinstance(self.shards, str) else self.shards[0]
        return PurePosixPath(first).name.removesuffix(".tar")


def _describe_absence(files: Sequence[File], indexes: Sequence[ShardIndex]) -> str:
    others = Counter[str]()
    for index in indexes:
        others.update(index.others)
    more = f" and {len(files) - 1} more shards" if len(files) > 1 else ""
    found = ", ".join(f"{count} of {suffix or 'no suffix'}" for suffix, count in others.most_common(3))
    return f"{more}; expected files KEY{', KEY'.join(sorted(SUFFIXES))}" + (f", found {found}" if found else "")


def _common_size(indexes: Sequence[ShardIndex]) -> tuple[int, int]:
    shapes, counts = np.unique(np.concatenate([index.shapes for index in indexes]), axis=0, return_counts=True)
    sizes = Counter({(int(height), int(width)): int(n) for (height, width), n in zip(shapes, counts, strict=True)})
    if len(sizes) > 1:
        raise sizes_differ(sizes)
    return next(iter(sizes))


def _join_labels(files: Sequence[File], indexes: Sequence[ShardIndex]) -> tuple[Tensor | None, tuple[str, ...]]:
    """Return the labels of all samples and the names of their classes, in the order of the names."""
    labels = np.concatenate([index.labels for index in indexes])
    if (labels == NONE).all():
        return None, ()
    _refuse_missing(labels, files, indexes)
    names = sorted({name for index in indexes for name in index.names})
    if not names:
        return torch.from_numpy(labels), ()
    _refuse_mixture(files, indexes)
    number_of = {name: number for number, name in enumerate(names)}
    tables = [np.array([number_of[name] for name in index.names], np.int64) for index in indexes]
    joined = [table[index.labels] for table, index in zip(tables, indexes, strict=True)]
    return torch.from_numpy(np.concatenate(joined)), tuple(names)


def _refuse_missing(labels: np.typing.NDArray[np.int64], files: Sequence[File], indexes: Sequence[ShardIndex]) -> None:
    missing = int((labels == NONE).sum())
    if not missing:
        return
    file, index = next(pair for pair in zip(files, indexes, strict=True) if (pair[1].labels == NONE).any())
    name = member_name(file.path, int(index.offsets[index.labels == NONE][0]))
    raise UserError(
        f"data.labels: {missing} of {len(labels)} samples have no label, the first is {file.name}/{name}; "
        "give each a .cls or .json, or set data.labels=false"
    )


def _refuse_mixture(files: Sequence[File], indexes: Sequence[ShardIndex]) -> None:
    filled = [(file.name, index.names) for file, index in zip(files, indexes, strict=True) if len(index)]
    named, numbered = (next((name for name, names in filled if bool(names) is kind), None) for kind in (True, False))
    if numbered is not None:
        raise UserError(f"data.shards: labels are names in {named} and numbers in {numbered}; expected one kind")
