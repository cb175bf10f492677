"""What a report says, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gan_lightning.disk import replacing
from gan_lightning.study.jobs import Job
from gan_lightning.study.report.blocks import Block, Grid, Heading, Paragraph, Picture, to_html, to_markdown
from gan_lightning.study.report.claims import check_claim
from gan_lightning.study.report.figures import draw_axes, draw_curves
from gan_lightning.study.report.gather import Findings, gather
from gan_lightning.study.report.protocol import protocol_blocks
from gan_lightning.study.report.ranks import axis_scores, covered
from gan_lightning.study.report.statistics import ENOUGH, Estimate, estimate
from gan_lightning.study.schema import Study, Task

_NONE = "-"


def write_report(root: Path, study: Study, jobs: Sequence[Job]) -> Path:
    """Write the report of what is there of a study.

    Args:
        root: The study's folder.
        study: The study.
        jobs: All its jobs.

    Returns:
        The HTML file; ``report.md`` is beside it.
    """
    findings = gather(root, study, jobs)
    blocks = [
        Heading(1, study.title),
        Paragraph(_state(findings, len(jobs))),
        *_axes(findings, root / "figures"),
        *_claims(findings),
        *(block for task in study.tasks for block in _task(findings, task, root / "figures")),
        *_failures(findings),
        *protocol_blocks(findings),
    ]
    page = root / "report.html"
    for path, text in ((page, to_html(study.title, blocks)), (root / "report.md", to_markdown(blocks, root))):
        with replacing(path) as temporary:
            temporary.write_text(text, "utf-8")
    return page


def _state(findings: Findings, total: int) -> str:
    done = total - findings.missing - len(findings.failures)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    took = timedelta(seconds=round(findings.seconds))
    failed = f"{len(findings.failures)} failed, {findings.missing} not done yet"
    return f"{now}. {done} of {total} jobs done, {failed}; {took} of work on one core in all."


def _axes(findings: Findings, folder: Path) -> list[Block]:
    """Show the scores on all axes, as a figure and as a table of ranks."""
    by_seed = {axis: axis_scores(findings, axis) for axis in findings.study.axes}
    scores = {axis: _estimates(found) for axis, found in by_seed.items() if found}
    if not scores:
        return [Paragraph("Nothing has been measured yet that variants are ranked by.")]
    baseline = findings.study.baseline
    variants = [variant.name for variant in findings.study.variants]
    verdicts = {axis: {name: covered(findings, by_seed[axis], name) for name in variants} for axis in scores}
    told = (
        f"1 is better than all other variants, 0 worse than all, in the mean over what is measured on an axis; bars "
        f"are one standard error over seeds, of which there are {len(findings.study.seeds)}. Green is better than "
        f"{baseline} by more than {ENOUGH:g} standard errors, red is worse."
    )
    columns = [
        "variant",
        *(f"{axis.replace('_', ' ')}{part}" for axis in scores for part in ("", ": rank")),
        "axes covered",
    ]
    rows = [_ranked(name, scores, verdicts) for name in variants]
    figure = draw_axes(folder / "axes.png", scores, verdicts, baseline)
    return [Heading(2, "The axes"), Picture(figure, "scores on the axes"), Paragraph(told), Grid(columns, rows)]


def _ranked(
    variant: str, scores: Mapping[str, Mapping[str, Estimate]], verdicts: Mapping[str, Mapping[str, str]]
) -> list[str]:
    cells = [variant]
    for found in scores.values():
        if variant in found:
            rank = 1 + sum(other.mean > found[variant].mean for other in found.values())
            cells += [str(found[variant]), str(rank)]
        else:
            cells += [_NONE, _NONE]
    return [*cells, str(sum(verdicts[axis][variant] == "better" for axis in scores))]


def _claims(findings: Findings) -> list[Block]:
    if not findings.study.claims:
        return []
    checked = [check_claim(claim, findings) for claim in findings.study.claims]
    rows = [[one.claim.text, one.claim.source, one.measured, one.verdict] for one in checked]
    told = f"A claim is decided where the difference is above {ENOUGH:g} standard errors over seeds."
    columns = ["claim", "source", "measured", "verdict"]
    return [Heading(2, "What was said, and what was measured"), Paragraph(told), Grid(columns, rows)]


def _task(findings: Findings, task: Task, folder: Path) -> list[Block]:
    """Show a task's numbers, curves and samples."""
    values = [value for name, value in findings.numbers if name == task.name]
    if not values:
        return []
    blocks: list[Block] = [Heading(2, f"{task.axis.replace('_', ' ')}: {task.name}")]
    columns = ["variant", *(f"{value} ({findings.better[task.name, value]})" for value in values)]
    rows = [_numbers(findings, task, variant.name, values) for variant in findings.study.variants]
    blocks.append(Grid(columns, [row for row in rows if any(cell != _NONE for cell in row[1:])]))
    panels = {name: lines for (of, name), lines in findings.curves.items() if of == task.name}
    if panels:
        figure = draw_curves(folder / f"{task.name}.png", panels)
        blocks.append(Picture(figure, f"{task.name}: mean over seeds, the band is their range"))
    strips = {variant: path for (of, variant), path in findings.strips.items() if of == task.name}
    return [*blocks, *(Picture(path, variant) for variant, path in strips.items())]


def _numbers(findings: Findings, task: Task, variant: str, values: Sequence[str]) -> list[str]:
    found = [estimate(findings.of(task.name, value).get(variant, {}).values()) for value in values]
    return [variant, *(_NONE if one is None else str(one) for one in found)]


def _failures(findings: Findings) -> list[Block]:
    if not findings.failures:
        return []
    told = "They are tried again when the study is started again; log.txt in a job's folder says more."
    rows = [[key, error] for key, error in findings.failures.items()]
    return [Heading(2, "Jobs that failed"), Paragraph(told), Grid(["job", "error"], rows)]


def _estimates(numbers: Mapping[str, Mapping[int, float]]) -> dict[str, Estimate]:
    found = {variant: estimate(seeds.values()) for variant, seeds in numbers.items()}
    return {variant: one for variant, one in found.items() if one is not None}
