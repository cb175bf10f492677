"""The report's figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gan_lightning.disk import replacing
from gan_lightning.study.report.statistics import Estimate

_MARKS = "osD^vP*X"
_COLOURS = {"better": "tab:green", "worse": "tab:red", "undecided": "0.45"}


def draw_axes(
    path: Path, scores: Mapping[str, Mapping[str, Estimate]], verdicts: Mapping[str, Mapping[str, str]], baseline: str
) -> Path:
    """Draw every axis beside the others, a row for each variant, bars of one standard error over seeds.

    Args:
        path: The PNG file.
        scores: By axis, then variant.
        verdicts: ``better``, ``worse`` or ``undecided`` against the baseline, likewise.
        baseline: The variant whose scores are drawn as lines.

    Returns:
        `path`.
    """
    variants = list(dict.fromkeys(name for found in scores.values() for name in found))
    figure = Figure(figsize=(3.6 * len(scores) + 1.6, 0.3 * len(variants) + 1.4), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
    for panel, (axis, found) in zip(panels, scores.items(), strict=True):
        for row, variant in enumerate(variants):
            if variant in found:
                shown = found[variant]
                colour = _COLOURS[verdicts[axis].get(variant, "undecided")]
                panel.errorbar(shown.mean, row, xerr=shown.error, fmt="o", color=colour, capsize=3)
        if baseline in found:
            panel.axvline(found[baseline].mean, color="0.8", zorder=0)
        panel.set_title(axis.replace("_", " "))
        panel.set_xlim(-0.05, 1.05)
        panel.set_xlabel("share of variants beaten")
        panel.grid(axis="y", color="0.93")
    panels[0].set_yticks(range(len(variants)), variants)
    panels[0].invert_yaxis()
    return _save(figure, path)


def draw_curves(path: Path, panels: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> Path:
    """Draw a task's figures side by side, a line for each variant: the mean over seeds, their range as a band.

    Args:
        path: The PNG file.
        panels: By figure, then variant, the curves of each seed.

    Returns:
        `path`.
    """
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    variants = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    height = max(3.4 * rows, 0.22 * len(variants) + 0.5)
    figure = Figure(figsize=(4.8 * columns + 2.2, height), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).flat
    for (name, lines), cell in zip(panels.items(), cells, strict=False):
        for variant, curves in lines.items():
            _draw_line(cell, variant, variants.index(variant), curves)
        cell.set_title(name, fontsize="medium")
    for cell in cells:
        cell.set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize="small")
    return _save(figure, path)


def _draw_line(cell: Axes, variant: str, index: int, curves: Sequence[Mapping[str, Any]]) -> None:
    first = curves[0]
    same = [curve["y"] for curve in curves if curve["x"] == first["x"]]
    columns = list(zip(*same, strict=True))
    style: dict[str, Any] = {
        "marker": _MARKS[index // 10 % len(_MARKS)],
        "markersize": 3.5,
        "color": colormaps["tab10"](index % 10),
    }
    middle = _geometric if "y" in first["logarithmic"] else fmean
    cell.plot(first["x"], [middle(column) for column in columns], label=variant, linewidth=1.2, **style)
    if len(same) > 1:
        low, high = [min(column) for column in columns], [max(column) for column in columns]
        cell.fill_between(first["x"], low, high, color=style["color"], alpha=0.15, linewidth=0)
    cell.set_xlabel(first["x_label"])
    cell.set_ylabel(first["y_label"])
    if "x" in first["logarithmic"]:
        cell.set_xscale("log")
    if "y" in first["logarithmic"]:
        cell.set_yscale("log")


def _geometric(numbers: Sequence[float]) -> float:
    return math.exp(fmean(math.log(number) for number in numbers))


def _save(figure: Figure, path: Path) -> Path:
    FigureCanvasAgg(figure)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
    return path
