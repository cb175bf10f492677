"""Where the images of a shard lie, and their sizes and labels: found in one pass, kept in the cache."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_lightning.data.cache import key_of
from gan_lightning.data.decode import read_header
from gan_lightning.data.tar import blaming, list_samples
from gan_lightning.data.tar_labels import Label, number_labels, read_label
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError

log = logging.getLogger("gan_lightning.data")


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is the one that was indexed."""

    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Return a file's bytes and time of modification in nanoseconds."""
        facts = path.stat()
        return cls(facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True)
class ShardIndex:
    """The images of a shard, in the order in which they lie in it.

    Args:
        offsets: Where each begins, int64 ``[n]``.
        sizes: Bytes of each, int64 ``[n]``.
        shapes: Height and width of each, int32 ``[n, 2]``.
        gray: Whether each is gray, bool ``[n]``.
        labels: int64 ``[n]``, `NONE` for none; numbers of `names` where there are any.
        names: The labels that are texts, sorted.
        digest: Hash of the images' bytes and the labels.
        others: How many files belong to no image, by suffix.
    """

    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    shapes: NDArray[np.int32]
    gray: NDArray[np.bool_]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    digest: str
    others: dict[str, int]

    def __len__(self) -> int:
        return len(self.offsets)


def load_index(path: Path, name: str, label_field: str | None, cache: Path) -> ShardIndex:
    """Return a shard's index from the cache; make it first where the file is not the one that was indexed.

    Args:
        path: The .tar.
        name: What the user calls it.
        label_field: The key of a .json that holds the label; None to read no labels.
        cache: Folder that outlives the run.

    Raises:
        UserError: The shard cannot be read to its end, or something in it is no sample.
    """
    try:
        stamp = Stamp.of(path)
    except OSError as error:
        raise UserError(f"data.shards: {name}: {error.strerror}") from error
    key = key_of("tar", str(path.resolve()), stamp.size, stamp.modified, label_field)
    kept = cache / "indexes" / f"{key}.npz"
    found = _read(kept)
    if found is None:
        found = make_index(path, name, label_field)
        _write(kept, found)
    return found


def make_index(path: Path, name: str, label_field: str | None) -> ShardIndex:
    """Read a shard from its beginning to its end; see `load_index`."""
    samples, others = list_samples(path, name)
    digest, shapes, gray, labels = hashlib.sha256(), [], [], list[Label]()
    with blaming(name), path.open("rb") as file:
        for sample in samples:
            content = sample.image.read(file)
            header = read_header(io.BytesIO(content), f"data.shards: {name}/{sample.image.name}")
            shapes.append((header.height, header.width))
            gray.append(header.gray)
            labels.append(None if label_field is None else read_label(file, sample, name, label_field))
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
    digest.update(json.dumps(labels).encode())
    numbers, names = number_labels(labels, samples, name)
    places = np.array([(sample.image.offset, sample.image.size) for sample in samples], np.int64).reshape(-1, 2)
    return ShardIndex(
        places[:, 0].copy(),
        places[:, 1].copy(),
        np.array(shapes, np.int32).reshape(-1, 2),
        np.array(gray, np.bool_),
        numbers,
        names,
        digest.hexdigest(),
        dict(others),
    )


_ARRAYS = ("offsets", "sizes", "shapes", "gray", "labels")
_FACTS = ("names", "digest", "others")


def _write(kept: Path, index: ShardIndex) -> None:
    facts = json.dumps({fact: getattr(index, fact) for fact in _FACTS})
    try:
        with replacing(kept) as temporary, temporary.open("wb") as file:
            np.savez(file, facts=np.array(facts), **{name: getattr(index, name) for name in _ARRAYS})
    except OSError as error:
        raise UserError(f"data.shards: cannot write the cache {kept.parent}: {error.strerror}") from error


def _read(kept: Path) -> ShardIndex | None:
    """Return a kept index, None where there is none or a checksum of the file is wrong."""
    try:
        with np.load(kept, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays = {name: stored[name] for name in _ARRAYS}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        log.warning("the index %s is damaged (%s); reading the shard again", kept, error)
        return None
    return ShardIndex(**arrays, names=tuple(facts["names"]), digest=facts["digest"], others=facts["others"])
