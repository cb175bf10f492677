"""``metrics.csv``: one row a logged step."""

from __future__ import annotations

import csv
import io
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.rank_zero import rank_zero_only

from gan_lightning.disk import harmless, replacing, told_in_one_line
from gan_lightning.errors import UserError
from gan_lightning.loggers.base import Dashboard, named_scores

_log = logging.getLogger("gan_lightning")

_LEADING = ["step", "images"]


class CsvTable(Dashboard):
    """Scalars and scores in ``metrics.csv``, readable by any program at any time.

    Columns are ``step`` (generator updates), ``images`` (real images seen), then the names in alphabetical order; a
    cell without a value is empty. What comes at one step is one row. A row is in the file when `log_metrics`
    returns, or kept until it can be written. The file is rewritten, whole or not at all, only where a new column or an
    earlier step appears, or rows have been kept. Numbers are written so that they read back exactly. A resumed run's
    file equals, byte for byte, that of a run that never stopped.

    Lightning's ``CSVLogger`` deletes the files of a folder it finds, and so those of the run to resume, and keeps
    rows in memory, which a killed process loses.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.path = folder / "metrics.csv"
        self._columns: list[str] = []
        self._last: dict[str, str] | None = None
        self._begins = self._end = 0  # where the last row stands in the file, in bytes
        self._owed: list[dict[str, str]] = []  # rows that could not be written yet
        self._told: set[Path] = set()
        self._known = False  # whether the file, if there is one, has been looked at

    @property
    def name(self) -> str:
        """The name of this kind of logger."""
        return "csv"

    @property
    def save_dir(self) -> str:
        """The run folder."""
        return str(self.folder)

    @property
    def log_dir(self) -> str:
        """The run folder."""
        return str(self.folder)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write a row, or add to the row of this step.

        Raises:
            UserError: The file that is there already is no such table.
        """
        self._look()
        newest = self._owed[-1] if self._owed else self._last
        latest = int(newest["step"]) if newest else 0
        step = latest if step is None else step
        row = {name: _cell(name, value) for name, value in metrics.items()} | {"step": str(step)}
        with harmless(self.path, self._told, "its rows are kept until they can be written"):
            self._write(row, whole=step < latest)

    @rank_zero_only
    def log_score(self, values: Mapping[str, float], protocol: Mapping[str, Any], step: int, images: int) -> None:
        """Write the values as columns ``score/...``; protocols stand in ``results.jsonl``."""
        del protocol
        self.log_metrics({"images": images, **named_scores(values)}, step)

    @rank_zero_only
    def resume(self, step: int) -> None:
        """Drop the rows beyond `step`, and the columns that only they had.

        Raises:
            UserError: The file is no such table.
        """
        if self.path.is_file():
            with told_in_one_line(str(self.path)):
                self._rewrite(row for row in self._rows() if int(row["step"]) <= step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Try once more to write the rows that could not be written."""
        del status
        with harmless(self.path, self._told):
            self._write({}, whole=True)
        if self._owed:
            _log.warning("%s lacks %d rows", self.path, len({row["step"] for row in self._owed}))

    def _look(self) -> None:
        if not self._known and self.path.is_file():
            with harmless(self.path, self._told):
                self._rewrite(self._rows())
        self._known = True

    def _write(self, row: dict[str, str], *, whole: bool) -> None:
        """Write a row and those owed; it is owed too until that is done."""
        owed = [*self._owed, row] if row else self._owed
        if not owed:
            return
        self._owed = owed
        if whole or len(owed) > 1 or not row.keys() <= set(self._columns):
            self._rewrite([*self._rows(), *owed])
        else:
            self._append(row)
        self._owed = []

    def _append(self, row: dict[str, str]) -> None:
        begins = self._end
        if self._last is not None and self._last["step"] == row["step"]:
            begins, row = self._begins, self._last | row
        line = _line(self._columns, row)
        self._owed = [row]  # with what an earlier row of the step had, which is cut off if this one cannot be written
        try:
            with self.path.open("rb+") as file:
                file.seek(begins)
                file.write(line)
                file.truncate()
        except OSError:
            os.truncate(self.path, begins)
            raise
        self._last, self._begins, self._end = row, begins, begins + len(line)

    def _rewrite(self, rows: Iterable[dict[str, str]]) -> None:
        merged: dict[int, dict[str, str]] = {}
        for row in rows:
            merged.setdefault(int(row["step"]), {}).update(row)
        whole = [merged[step] for step in sorted(merged)]
        columns = [*_LEADING, *sorted({name for row in whole for name in row}.difference(_LEADING))]
        lines = [_line(columns, dict(zip(columns, columns, strict=True)))]
        lines += [_line(columns, row) for row in whole]
        with replacing(self.path) as temporary:
            temporary.write_bytes(b"".join(lines))
        self._columns, self._last = columns, whole[-1] if whole else None
        self._end = sum(map(len, lines))
        self._begins = self._end - len(lines[-1])
        self._known = True

    def _rows(self) -> list[dict[str, str]]:
        return _read(self.path) if self.path.is_file() else []


def _cell(name: str, value: float) -> str:
    return str(int(value)) if name == "images" else repr(float(value))


def _line(columns: list[str], row: Mapping[str, str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([row.get(name, "") for name in columns])
    return text.getvalue().encode()


def _read(path: Path) -> list[dict[str, str]]:
    """Return the cells that have a value; a last line without an end is what an interrupted write left."""
    data = path.read_bytes()
    reader = csv.reader(io.StringIO(data[: data.rfind(b"\n") + 1].decode()))
    columns = next(reader, _LEADING)
    rows = []
    for cells in reader:
        if columns[:2] != _LEADING or len(cells) != len(columns) or not cells[0].isdecimal():
            raise UserError(
                f"{path}:{reader.line_num}: this is no row of a table of metrics, expected {len(columns)} cells, the "
                "first a whole number; remove the line, or the file"
            )
        rows.append({name: cell for name, cell in zip(columns, cells, strict=True) if cell})
    return rows
