"""Where members stand in a drawing: years from left to right, a band for each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

from gan_lightning.lineage.members import Family, Member
from gan_lightning.plugins import KINDS

_SWEEPS = 4
_LEAST = 3  # rows of a band, for the name of its kind
_EMPTY = 0.3  # width of a year without members, of one with


@dataclass(frozen=True)
class Layout:
    """A drawing's measures, in units of rows and of columns.

    Args:
        columns: Left side and width of each year, from 0 to 1.
        rows: The row of each member.
        bands: First row and number of rows of each kind.
        height: Number of rows.
    """

    columns: Mapping[int, tuple[float, float]]
    rows: Mapping[tuple[str, str], float]
    bands: Mapping[str, tuple[int, int]]
    height: int


def lay_out(family: Family) -> Layout:
    """Give each member of a family a place; relatives are put near each other as far as their years and bands go."""
    cells = _cells(family)
    bands, height = _bands(cells)
    rows: dict[tuple[str, str], float] = {}
    relatives = {member.key: [*family.parents[member.key], *family.children(member)] for member in family.members}
    for sweep in range(_SWEEPS):
        for (kind, _), members in cells.items() if sweep % 2 == 0 else reversed(list(cells.items())):
            start, size = bands[kind]
            wanted = {member.key: _wanted(member, rows, relatives, start + size / 2) for member in members}
            members.sort(key=lambda member: wanted[member.key])
            _place(members, wanted, start, size, rows)
    return Layout(_columns(family), rows, bands, height)


def _cells(family: Family) -> dict[tuple[str, int], list[Member]]:
    """Return the members of each kind and year, in the order of years."""
    cells: dict[tuple[str, int], list[Member]] = {}
    for member in family.members:
        cells.setdefault((member.kind, member.origin.year), []).append(member)
    return cells


def _bands(cells: Mapping[tuple[str, int], list[Member]]) -> tuple[dict[str, tuple[int, int]], int]:
    bands: dict[str, tuple[int, int]] = {}
    top = 0
    for kind in sorted({kind for kind, _ in cells}, key=_importance):
        size = max(_LEAST, *(len(members) for (of, _), members in cells.items() if of == kind))
        bands[kind] = top, size
        top += size + 1
    return bands, max(0, top - 1)


def _importance(kind: str) -> int:
    return ["architecture", *KINDS].index(kind)


def _columns(family: Family) -> dict[int, tuple[float, float]]:
    counts = Counter(member.origin.year for member in family.members)
    years = range(min(counts), max(counts) + 1) if counts else range(0)
    widths = {year: 1.0 if counts[year] else _EMPTY for year in years}
    total, left, columns = sum(widths.values()), 0.0, {}
    for year, width in widths.items():
        columns[year] = (left / total, width / total)
        left += width
    return columns


def _wanted(
    member: Member,
    rows: Mapping[tuple[str, str], float],
    relatives: Mapping[tuple[str, str], list[Member]],
    middle: float,
) -> float:
    near = [rows[other.key] for other in relatives[member.key] if other.key in rows]
    return mean(near) if near else middle


def _place(
    members: list[Member],
    wanted: Mapping[tuple[str, str], float],
    start: int,
    size: int,
    rows: dict[tuple[str, str], float],
) -> None:
    """Give members of a cell, in their order, the rows nearest to the wanted ones that are free for them all."""
    free = start
    for index, member in enumerate(members):
        last = start + size - (len(members) - index)
        row = min(max(round(wanted[member.key]), free), last)
        rows[member.key] = row
        free = row + 1
