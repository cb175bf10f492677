"""``metrics.csv``: one row a logged step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.rank_zero import rank_zero_only

from gan_lightning.disk import replacing
from gan_lightning.errors import UserError
from gan_lightning.loggers.base import Dashboard, named_scores

_LEADING = ["step", "images"]


class CsvTable(Dashboard):
    """Scalars and scores in ``metrics.csv``, readable by any program at any time.

    Columns are ``step`` (generator updates), ``images`` (real images seen), then the names in alphabetical order; a
    cell without a value is empty. What comes at one step is one row. A row is in the file when `log_metrics`
    returns. The file is rewritten, whole or not at all, only where a new column or an earlier step appears. Numbers
    are written so that they read back exactly. A resumed run's file equals, byte for byte, that of a run that never
    stopped.

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
        latest = int(self._last["step"]) if self._last else 0
        step = latest if step is None else step
        row = {name: _cell(name, value) for name, value in metrics.items()} | {"step": str(step)}
        if step < latest or not row.keys() <= set(self._columns):
            self._rewrite([*self._rows(), row])
        else:
            self._append(row)

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
            self._rewrite(row for row in self._rows() if int(row["step"]) <= step)

    def _look(self) -> None:
        if not self._known and self.path.is_file():
            self._rewrite(self._rows())
        self._known = True

    def _append(self, row: dict[str, str]) -> None:
        begins = self._end
        if self._last is not None and self._last["step"] == row["step"]:
            begins, row = self._begins, self._last | row
        line = _line(self._columns, row)
        with self.path.open("rb+") as file:
            file.seek(begins)
            file.write(line)
            file.truncate()
        self._last, self._begins, self._end = row, begins, begins + len(line)

    def _rewrite(self, rows: Iterable[dict[str, str]]) -> None:
        merged: dict[int, dict[str, str]] = {}
        for row in rows:
            merged.setdefault(int(row["step"]), {}).update(row)
        whole = [merged[step] for step in sorted(merged)]
        self._columns = [*_LEADING, *sorted({name for row in whole for name in row}.difference(_LEADING))]
        lines = [_line(self._columns, dict(zip(self._columns, self._columns, strict=True)))]
        lines += [_line(self._columns, row) for row in whole]
        with replacing(self.path) as temporary:
            temporary.write_bytes(b"".join(lines))
        self._last = whole[-1] if whole else None
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
