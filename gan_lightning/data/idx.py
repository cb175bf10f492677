"""Raw IDX files, as MNIST is published, from a folder on disk."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_lightning.components import Dataset
from gan_lightning.data.cache import Plan, Row, key_of, load_or_decode
from gan_lightning.data.decode import Target, parse_resolution, render
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError

_PARTS: dict[str, tuple[str, ...]] = {"train": ("train",), "test": ("t10k",), "all": ("train", "t10k")}
_MOST_RATIO = 1032  # what deflate packs at most into one byte
_FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


@dataclass(frozen=True)
class Idx(Dataset):
    """Gray images in IDX files named as MNIST's, plain or .gz: MNIST, Fashion-MNIST, KMNIST and the like.

    Source of the format: LeCun et al., "The MNIST database of handwritten digits". Without a file of labels the data
    have none. Classes are called by their numbers; those of a folder with "fashion" in its name, by their garments.

    Args:
        path: Folder of train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images..., t10k-labels....
        split: Which images: "train", "test" (the t10k files), or both.
        resolution: Size of every sample, one number or [height, width]; null for the images' own.
    """

    path: Path
    split: Literal["train", "test", "all"] = "train"
    resolution: int | list[int] | None = None

    def load(self, cache: Path) -> Samples:
        """Return the split, decoded now or read from the cache.

        Raises:
            UserError: A file is missing, or is no IDX file of bytes.
        """
        folder = self.path.expanduser()
        parts = _PARTS[self.split]
        images = [_find(folder, f"{part}-images", 3) for part in parts]
        labels = [path for part in parts if (path := _locate(folder, f"{part}-labels", 1))]
        facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in (*images, *labels)]
        key = key_of("idx", str(folder.resolve()), facts, self.split, self.resolution)
        return load_or_decode(cache, key, f"{folder.name}/{self.split}", lambda: self._plan(images, labels))

    def _plan(self, image_files: Sequence[Path], label_files: Sequence[Path]) -> Plan:
        images = np.concatenate([_read(path, 3) for path in image_files])
        labels = _labels(label_files, len(images)) if len(label_files) == len(image_files) else None
        size = images.shape[1:] if self.resolution is None else parse_resolution(self.resolution)
        target = Target(int(size[0]), int(size[1]), channels=1)

        def draw(index: int) -> Row:
            return render(Image.fromarray(images[index]), target), None if labels is None else int(labels[index])

        names = [f"{self.path} image {index}" for index in range(len(images))]
        return Plan(names, target.shape, draw, () if labels is None else self._class_names(int(labels.max())))

    def _class_names(self, last: int) -> tuple[str, ...]:
        fashion = "fashion" in self.path.name.lower() and last < len(_FASHION)
        return _FASHION if fashion else tuple(str(label) for label in range(last + 1))


def _labels(files: Sequence[Path], count: int) -> NDArray[np.uint8]:
    labels = np.concatenate([_read(path, 1) for path in files])
    if len(labels) != count:
        raise UserError(f"{files[0]}: expected a label for each of {count} images, got {len(labels)}")
    return labels


def _find(folder: Path, stem: str, dimensions: int) -> Path:
    if found := _locate(folder, stem, dimensions):
        return found
    expected = f"{stem}-idx{dimensions}-ubyte"
    raise UserError(f"data.path: neither {expected} nor {expected}.gz in {folder}")


def _locate(folder: Path, stem: str, dimensions: int) -> Path | None:
    names = [f"{stem}{mark}idx{dimensions}-ubyte{end}" for end in ("", ".gz") for mark in ("-", ".")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return an IDX file of bytes: two zeros, the type 8, the number of dimensions, each as an int32, the values."""
    start, size = 4 + 4 * dimensions, path.stat().st_size
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(start)
            if header[:4] != bytes([0, 0, 8, dimensions]) or len(header) < start:
                told = f"expected an IDX file of bytes in {dimensions} dimensions, begins {header[:4].hex()}"
                raise UserError(f"{path}: {told}")
            shape = np.frombuffer(header, ">i4", dimensions, offset=4).tolist()
            # No more is unpacked than the header speaks of, and no room made for more than there can be.
            values = file.read(min(max(math.prod(shape), 0), size * _MOST_RATIO) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    if min(shape) < 1 or len(values) != math.prod(shape):
        expected, found = start + math.prod(shape), start + len(values)
        raise UserError(f"{path}: expected {expected} bytes for shape {shape}, none 0 or less, got {found} or more")
    return np.frombuffer(values, np.uint8).reshape(shape)
