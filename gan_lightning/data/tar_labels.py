"""The labels of samples in a .tar: numbers or names, from the files beside the images."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gan_lightning.data.tar import LABEL_SUFFIXES, Sample
from gan_lightning.errors import UserError

MAX_LABEL = 1_000_000
"""Labels are smaller than this: a count is kept for each class."""

MAX_TEXT = 16 << 20
"""Bytes of the largest .json or .cls that is read."""

NONE = -1
"""Stands for no label."""

Label = int | str | None


def read_label(file: BinaryIO, sample: Sample, shard: str, label_field: str) -> Label:
    """Return what the .cls of a sample says, or the field of its .json; None where there is neither.

    Raises:
        UserError: It is neither a number from 0 to `MAX_LABEL` nor a text.
    """
    for suffix, read in zip(LABEL_SUFFIXES, _READERS, strict=True):
        if (part := sample.labels.get(suffix)) is not None:
            where = f"data.shards: {shard}/{part.name}"
            label = read(part.read(file, MAX_TEXT), label_field, where)
            if label is not None:
                return _check(label, where)
    return None


def number_labels(
    labels: Sequence[Label], samples: Sequence[Sample], shard: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return labels as int64 ``[n]``, `NONE` for none, and the names that they are numbers of where they are texts.

    Raises:
        UserError: Some are numbers and some are texts.
    """
    first = {type(label): place for place, label in reversed(list(enumerate(labels))) if label is not None}
    if len(first) > 1:
        number, text = (f"{labels[first[kind]]!r} of {samples[first[kind]].image.name}" for kind in (int, str))
        raise UserError(f"data.shards: {shard}: labels are numbers or names, not both: {number}, {text}")
    names = tuple(sorted({label for label in labels if isinstance(label, str)}))
    number_of = {name: index for index, name in enumerate(names)}
    numbers = [NONE if label is None else number_of[label] if isinstance(label, str) else label for label in labels]
    return np.array(numbers, np.int64), names


def _from_text(content: bytes, label_field: str, where: str) -> Any:
    del label_field
    try:
        text = content.decode().strip()
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: expected a number or a name, found bytes that are no UTF-8 text") from error
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else text


def _from_json(content: bytes, label_field: str, where: str) -> Any:
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: this is no JSON: {error}") from error
    return facts.get(label_field) if isinstance(facts, dict) else None


_READERS = (_from_text, _from_json)


def _check(label: Any, where: str) -> int | str:
    if isinstance(label, str) and label:
        return label
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < MAX_LABEL:
        return label
    shown = repr(label)[:40]
    raise UserError(f"{where}: expected a label from 0 to {MAX_LABEL - 1} or the name of a class, found {shown}")
