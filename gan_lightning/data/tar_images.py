"""The images of shards, read and decoded when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lightning.data.decode import DecodeError, Target, decode
from gan_lightning.data.parallel import spread, threads
from gan_lightning.data.tar import member_name
from gan_lightning.data.tar_index import Stamp
from gan_lightning.errors import UserError

_SHARES = 2  # parts a thread, so that one with large images does not keep the others waiting


@dataclass(frozen=True)
class File:
    """A shard: what the user calls it, where it is, and what it was when it was indexed."""

    name: str
    path: Path
    stamp: Stamp


@dataclass(frozen=True)
class TarImages:
    """uint8 images ``[N, C, H, W]`` that are decoded on all cores whenever they are indexed, and kept nowhere.

    Args:
        files: The shards.
        shards: Which shard each image lies in, int32 ``[N]``.
        offsets: Where it begins there, int64 ``[N]``.
        sizes: Its bytes, int64 ``[N]``.
        target: What it is made into.
    """

    files: Sequence[File]
    shards: NDArray[np.int32]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    target: Target

    @property
    def shape(self) -> torch.Size:
        """Number of images, channels, height, width."""
        return torch.Size((len(self), *self.target.shape))

    @property
    def dtype(self) -> torch.dtype:
        """uint8."""
        return torch.uint8

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        """Decode images.

        Raises:
            UserError: One is damaged, or a shard is not what it was when it was indexed.
        """
        wanted = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows.numpy()
        images = np.empty((len(wanted), *self.target.shape), np.uint8)
        as_they_lie = np.lexsort((self.offsets[wanted], self.shards[wanted]))
        parts = np.array_split(as_they_lie, max(1, min(len(wanted), _SHARES * threads())))
        spread(lambda places: self._decode(places, wanted, images), parts)
        return torch.from_numpy(images)

    def _decode(self, places: NDArray[np.int64], wanted: NDArray[np.int64], images: NDArray[np.uint8]) -> None:
        """Put image ``wanted[i]`` at ``images[i]``, for some places i in the order in which the images lie."""
        for shard, group in groupby(places, key=lambda place: int(self.shards[wanted[place]])):
            with _opened(self.files[shard]) as file:
                for place in group:
                    images[place] = self._read(file, int(wanted[place]), self.files[shard])

    def _read(self, file: BinaryIO, row: int, source: File) -> NDArray[np.uint8]:
        offset = int(self.offsets[row])
        file.seek(offset)
        try:
            return decode(io.BytesIO(file.read(int(self.sizes[row]))), source.name, self.target)
        except DecodeError as error:
            name = f"{source.name}/{member_name(source.path, offset)}"
            raise DecodeError(f"data.shards: {name}", error.reason) from error


@contextmanager
def _opened(source: File) -> Iterator[BinaryIO]:
    # Opened for each batch: shards may be many more than the files a process may hold open.
    try:
        stamp = Stamp.of(source.path)
        file = source.path.open("rb", buffering=0)
    except OSError as error:
        raise UserError(f"data.shards: {source.name}: {error.strerror}") from error
    with file:
        if stamp != source.stamp:
            raise UserError(f"data.shards: {source.name} has changed since training started; start again")
        yield file
