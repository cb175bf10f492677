"""Writes what was measured last into docs/performance.md, between its two marks: ``python -m benchmarks.report``."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from benchmarks import data, evaluate, step
from benchmarks.bench import Record, latest
from benchmarks.works import WORKS

_ROOT = Path(__file__).parent.parent
_PAGE, _PLOT = _ROOT / "docs" / "performance.md", _ROOT / "docs" / "images" / "performance.png"
_BEGIN, _END = "<!-- measured: written by benchmarks.report -->", "<!-- end of what was measured -->"
_BENCHMARKS: dict[str, tuple[str, ModuleType]] = {
    "step": ("Training", step),
    "evaluate": ("Scoring", evaluate),
    "data": ("Reading images", data),
}


def main() -> None:
    """Write page and picture."""
    head, begin, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"{_PAGE}: expected the lines {_BEGIN} and {_END}, with anything between")
    sections = [_section(name) for name in _BENCHMARKS if latest(name)]
    _PAGE.write_text(head + "\n\n".join([_BEGIN, *sections, _END]) + tail, encoding="utf-8")
    if records := latest("step"):
        _plot(records)


def _section(name: str) -> str:
    heading, module = _BENCHMARKS[name]
    picture = f"\n\n![speed of each contestant against the plain loop](images/{_PLOT.name})" if name == "step" else ""
    parts = [
        f"### {module.title(record)}\n\n{module.rows(record)}\n\n{record.told()}"
        for _, record in sorted(latest(name).items(), key=lambda item: _order(name, item[0]))
    ]
    return "\n\n".join([f"## {heading}{picture}", *parts])


def _order(name: str, subject: str) -> int:
    """Return the place of a work in its table; what comes from elsewhere stays in the order of measuring."""
    return list(WORKS).index(subject) if name == "step" else 0


def _plot(records: dict[str, Record]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    works = sorted(records, key=lambda work: _order("step", work))
    figure, axes = pyplot.subplots(figsize=(9, 3.6), layout="constrained")
    width = 0.8 / len(step.CONTESTANTS)
    for place, name in enumerate(step.CONTESTANTS):
        at = [number for number, work in enumerate(works) if name in records[work].runs]
        speeds = [records[works[number]].median("plain") / records[works[number]].median(name) for number in at]
        left = (place + 0.5) * width - 0.4
        axes.bar([number + left for number in at], speeds, width, label=name, color=step.CONTESTANTS[name].colour)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_xticks(range(len(works)), [WORKS[work].title.split(",")[0] for work in works])
    axes.set_ylabel("speed, plain loop = 1")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False)
    figure.savefig(_PLOT, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
