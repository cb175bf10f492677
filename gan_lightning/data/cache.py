"""Decoded images on disk: one .npy and one .json of facts for each data set and set of options."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_lightning.data.decode import DecodeError
from gan_lightning.data.parallel import in_order, track
from gan_lightning.data.samples import Samples
from gan_lightning.disk import replacing
from gan_lightning.errors import UserError

IN_MEMORY = 1 << 30
"""Bytes from which on decoded images are memory-mapped instead of read."""

FORMAT = 1
"""To be raised whenever decoding gives other pixels than before, so that nothing stale is reused."""

_CHUNK = 4 << 20
_NAMED = 20

log = logging.getLogger("gan_lightning.data")

Row = tuple[NDArray[np.uint8], int | None]


@dataclass(frozen=True)
class Plan:
    """How a data set is decoded.

    Args:
        names: Name of each image, for messages.
        shape: Channels, height, width of each.
        decode: Given an index, returns the image as uint8 ``[C, H, W]`` and its label; raises `DecodeError`.
        class_names: Names of the classes, in the order of their labels.
        refused: Why other files are left out, by their names.
    """

    names: Sequence[str]
    shape: tuple[int, int, int]
    decode: Callable[[int], Row]
    class_names: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def load_or_decode(cache: Path, key: str, name: str, plan: Callable[[], Plan]) -> Samples:
    """Return a data set from the cache; decode it first where it is not there, or damaged.

    Args:
        cache: Folder that outlives the run.
        key: From `key_of`.
        name: What the data set is called.
        plan: Called only if the images must be decoded.

    Raises:
        UserError: No image is readable, or the cache is not writable.
    """
    entry = _CacheEntry(cache / "datasets" / f"{key}.npy", name)
    samples, skipped = entry.read() or entry.write(plan())
    if skipped:
        log.warning("%s: skipped %d unreadable files: %s", name, len(skipped), _listed(skipped, _NAMED))
    return samples


def key_of(*parts: Any) -> str:
    """Return a hash of numbers, texts and lists that together say what the decoded images will be."""
    return hashlib.sha256(json.dumps([FORMAT, parts], sort_keys=True, default=str).encode()).hexdigest()[:32]


def fingerprint(values: Tensor, labels: Tensor | None) -> str:
    """Return the hash of samples and their labels."""
    digest = hashlib.sha256()
    digest.update(values.contiguous().numpy().data)
    return _finish(digest, tuple(values.shape), None if labels is None else labels.tolist())


@dataclass(frozen=True)
class _CacheEntry:
    path: Path
    name: str

    @property
    def facts_path(self) -> Path:
        return self.path.with_suffix(".json")

    def read(self) -> tuple[Samples, dict[str, str]] | None:
        if not (self.facts_path.exists() and self.path.exists()):
            return None
        try:
            facts = json.loads(self.facts_path.read_bytes())
            return self._samples(facts), dict(facts["skipped"])
        except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
            log.warning("%s: the cache %s is damaged (%s); decoding again", self.name, self.path, error)
            return None

    def write(self, plan: Plan) -> tuple[Samples, dict[str, str]]:
        try:
            with replacing(self.path) as temporary:
                facts = _decode_to(temporary, plan, self.name)
            with replacing(self.facts_path) as temporary:
                temporary.write_text(json.dumps(facts))
        except OSError as error:
            raise UserError(f"{self.name}: cannot write the cache {self.path.parent}: {error.strerror}") from error
        return self._samples(facts), facts["skipped"]

    def _samples(self, facts: dict[str, Any]) -> Samples:
        values = _open_array(self.path)
        labels = None if facts["labels"] is None else torch.tensor(facts["labels"])
        if list(values.shape) != facts["shape"] or (labels is not None and len(labels) != len(values)):
            raise ValueError(f"expected shape {facts['shape']}, found {list(values.shape)}")
        if self.path.stat().st_size < IN_MEMORY and fingerprint(values, labels) != facts["fingerprint"]:
            raise ValueError("its content has changed")
        return Samples(values, labels, self.name, facts["fingerprint"], tuple(facts["class_names"]))


def _open_array(path: Path) -> Tensor:
    mapped = path.stat().st_size >= IN_MEMORY
    array = np.load(path, mmap_mode="r" if mapped else None)
    with warnings.catch_warnings():
        # Nobody writes to samples; mapping them writable would count the whole file as memory in use.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def _decode_to(path: Path, plan: Plan, name: str) -> dict[str, Any]:
    """Write the images as a .npy file, one after the other, and return the facts about them."""
    labels: list[int | None] = []
    skipped = dict(plan.refused)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        _write_header(file, (0, *plan.shape))
        for chunk in track(_rows(plan), len(plan.names), f"Decoding {name}"):
            skipped |= {row.name: row.reason for row in chunk if isinstance(row, DecodeError)}
            rows = [row for row in chunk if not isinstance(row, DecodeError)]
            if rows:
                images = np.stack([image for image, _ in rows])
                file.write(images.data)
                digest.update(images.data)
                labels += [label for _, label in rows]
        file.seek(0)
        _write_header(file, (len(labels), *plan.shape))
    if not labels:
        raise UserError(f"{name}: none of its {len(plan.names)} images is readable; {_listed(skipped, 1)}")
    shape = (len(labels), *plan.shape)
    known = [label for label in labels if label is not None]
    used = known if len(known) == len(labels) else None
    names = plan.class_names if used and max(used) < len(plan.class_names) else ()
    stamp = _finish(digest, shape, used)
    return {"shape": list(shape), "labels": used, "class_names": names, "skipped": skipped, "fingerprint": stamp}


def _rows(plan: Plan) -> Iterator[list[Row | DecodeError]]:
    def attempt(index: int) -> Row | DecodeError:
        try:
            return plan.decode(index)
        except DecodeError as error:
            return error

    channels, height, width = plan.shape
    return in_order(attempt, len(plan.names), chunk=max(1, min(32, _CHUNK // (channels * height * width))))


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    # numpy leaves room for the first dimension to grow, so that the header can be written again over itself.
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _finish(digest: hashlib._Hash, shape: tuple[int, ...], labels: list[Any] | None) -> str:
    digest.update(json.dumps([shape, labels]).encode())
    return digest.hexdigest()[:32]


def _listed(skipped: Mapping[str, str], most: int) -> str:
    named = [f"{name} ({reason})" for name, reason in list(skipped.items())[:most]]
    more = len(skipped) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
