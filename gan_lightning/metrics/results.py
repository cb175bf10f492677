"""``results.jsonl``: every score of a run, one JSON object a line, with its protocol."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning.metrics.protocol import Protocol

if TYPE_CHECKING:
    from gan_lightning.metrics.evaluator import Result


@dataclass(frozen=True)
class Row:
    """One line of the file.

    Args:
        step: Generator updates.
        images: Real images seen in training.
        metric: The metric's name in the recipe.
        values: Each value by name.
        better: For each value, whether ``"lower"`` or ``"higher"`` is better.
        protocol: What the values depend on.
        time: When it was written, ISO 8601 in UTC.
    """

    step: int
    images: int
    metric: str
    values: Mapping[str, float]
    better: Mapping[str, str]
    protocol: Protocol
    time: str


def append_results(path: Path, results: Iterable[Result], *, step: int, images: int) -> None:
    """Add one row a result; what an interrupted write has left of a line is cut off first."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = (Row(step, images, one.name, one.values, one.better, one.protocol, now) for one in results)
    text = "".join(_line(row) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        file.truncate(_whole_length(path))
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def read_results(path: Path) -> list[Row]:
    """Return every row; a last line without an end is what an interrupted write left, and is ignored.

    Raises:
        UserError: If there is no file, or another line is no row.
    """
    if not path.is_file():
        msg = f"there is no {path}; a run writes it at its first evaluation"
        raise UserError(msg)
    lines = path.read_bytes()[: _whole_length(path)].splitlines()
    return [_parse(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]


def truncate_results(path: Path, step: int) -> None:
    """Drop the rows beyond `step`, which a run resumed there will write again."""
    if path.is_file():
        kept = [row for row in read_results(path) if row.step <= step]
        with replacing(path) as temporary:
            temporary.write_text("".join(_line(row) for row in kept), encoding="utf-8")


def _whole_length(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1


def _line(row: Row) -> str:
    return json.dumps(asdict(row), allow_nan=False) + "\n"


def _parse(line: bytes, place: str) -> Row:
    try:
        facts: dict[str, Any] = json.loads(line)
        return Row(**{**facts, "protocol": Protocol.from_dict(facts["protocol"])})
    except (ValueError, TypeError, KeyError) as error:
        msg = f"{place}: this is no score, expected a JSON object as `fit` and `evaluate` write them; remove the line"
        raise UserError(msg) from error
