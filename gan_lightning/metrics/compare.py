"""Scores of several runs side by side, if they were measured alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gan_lightning.errors import UserError
from gan_lightning.metrics.results import Row, read_results

Curve = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Standing:
    """Best and last of one value of one run, each with the generator update it was reached at."""

    run: str
    metric: str
    value: str
    best: float
    best_step: int
    last: float
    last_step: int


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Args:
        table: One standing a run and value, values in the order they were first seen, runs in the order given.
        curves: ``(step, number)`` pairs by run, within metric and value.
    """

    table: tuple[Standing, ...]
    curves: Mapping[tuple[str, str], Mapping[str, Curve]]

    def plot(self, path: Path) -> None:
        """Write a PNG with one panel a value and one line a run."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        columns = min(3, len(self.curves))
        rows = -(-len(self.curves) // columns)
        figure = Figure(figsize=(5 * columns, 3.5 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        for number, ((metric, value), curves) in enumerate(self.curves.items(), start=1):
            axes = figure.add_subplot(rows, columns, number)
            for run, curve in curves.items():
                axes.plot(*zip(*curve, strict=True), marker=".", label=run)
            axes.set(title=value if value == metric else f"{metric}: {value}", xlabel="generator updates")
            axes.grid(alpha=0.3)
            axes.legend(fontsize="small")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, format="png")


def compare(runs: list[Path]) -> Comparison:
    """Read ``results.jsonl`` of each run folder.

    Args:
        runs: Run folders.

    Raises:
        UserError: If there are no runs, a run has no scores, or two scores of one metric were measured differently.
    """
    if not runs:
        msg = "compare: no runs given, expected one or more run folders"
        raise UserError(msg)
    found = {str(run): read_results(run / "results.jsonl") for run in runs}
    empty = [run for run, rows in found.items() if not rows]
    if empty:
        msg = f"compare: {empty[0]}/results.jsonl holds no score yet"
        raise UserError(msg)
    _require_one_protocol(found)
    better: dict[tuple[str, str], str] = {}
    curves: dict[tuple[str, str], dict[str, Curve]] = {}
    for run, row, value in _values(found):
        key = (row.metric, value)
        better[key] = row.better[value]
        curve = curves.setdefault(key, {}).get(run, ())
        curves[key][run] = (*curve, (row.step, row.values[value]))
    table = [_standing(run, key, curve, better[key]) for key, by_run in curves.items() for run, curve in by_run.items()]
    return Comparison(tuple(table), curves)


def _values(found: Mapping[str, list[Row]]) -> Iterator[tuple[str, Row, str]]:
    for run, rows in found.items():
        for row in sorted(rows, key=lambda row: row.step):
            for value in row.values:
                yield run, row, value


def _standing(run: str, key: tuple[str, str], curve: Curve, better: str) -> Standing:
    pick = max if better == "higher" else min
    best_step, best = pick(curve, key=lambda point: point[1])
    last_step, last = curve[-1]
    return Standing(run, *key, best=best, best_step=best_step, last=last, last_step=last_step)


def _require_one_protocol(found: Mapping[str, list[Row]]) -> None:
    first: dict[str, tuple[str, Row]] = {}
    for run, rows in found.items():
        for row in rows:
            reference_run, reference = first.setdefault(row.metric, (run, row))
            differences = reference.protocol.differences(row.protocol)
            if differences:
                told = "; ".join(f"{name} is {mine!r} and {theirs!r}" for name, mine, theirs in differences)
                msg = (
                    f"compare: {row.metric!r} was measured differently in {reference_run} (step {reference.step}) and "
                    f"{run} (step {row.step}): {told}; evaluate both alike"
                )
                raise UserError(msg)
