"""Time of a generator update: ours, a hand-written loop's, other libraries'. ``python -m benchmarks.step [a b c e]``.

All train networks of the same widths on samples of the same shape, with the same batch and number of discriminator
steps. Ours logs, shows progress, guards and averages as a run does; the others log, draw and save next to nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from benchmarks.bench import Job, Record, Run, installed, keep, measure, table
from benchmarks.works import WORKS


@dataclass(frozen=True)
class Contestant:
    """Somebody who does a work.

    Args:
        module: Where ``seconds(work)`` is.
        sections: What is laid over the work's recipe.
        works: The works that it can do.
        twin: The hand-written loop of the same setting.
        package: The distribution that must be installed.
        colour: Of its bars.
    """

    module: str
    sections: Mapping[str, Any] = field(default_factory=dict)
    works: str = "".join(WORKS)
    twin: str | None = None
    package: str | None = None
    colour: str = "0.6"


_BF16 = {"trainer": {"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"}}
CONTESTANTS = {
    "plain": Contestant("benchmarks.plain", {"performance": "off"}, colour="0.85"),
    "plain, tuned": Contestant("benchmarks.plain", colour="0.65"),
    "gan-lightning": Contestant("benchmarks.ours", twin="plain, tuned", colour="tab:red"),
    "gan-lightning, compiled": Contestant(
        "benchmarks.ours", {"performance": "compile"}, works="e", twin="plain, tuned", colour="darkred"
    ),
    "plain, tuned, bf16": Contestant("benchmarks.plain", _BF16, colour="0.45"),
    "gan-lightning, bf16": Contestant("benchmarks.ours", _BF16, twin="plain, tuned, bf16", colour="salmon"),
    "torch-mimicry": Contestant("benchmarks.peers.mimicry", works="ace", package="torch-mimicry", colour="tab:blue"),
    "torchgan": Contestant("benchmarks.peers.torchgan", works="be", package="torchgan", colour="tab:cyan"),
}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", nargs="*", default=list(WORKS), help="which works; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, help="updates to time; by default the work's own")
    arguments = parser.parse_args()
    for work in arguments.works:
        updates = arguments.updates or WORKS[work].updates
        names = [name for name, one in CONTESTANTS.items() if _takes_part(one, work)]
        jobs: dict[str, Job] = {name: ("benchmarks.step:run", work, name, updates) for name in names}
        record = measure(work, jobs, arguments.rounds, updates=updates)
        keep("step", record)
        print(f"### {title(record)}\n\n{rows(record)}\n\n{record.told()}\n", flush=True)


def run(work: str, contestant: str, updates: int) -> Run:
    """Let a contestant do a work, in this process."""
    one = CONTESTANTS[contestant]
    asked = replace(WORKS[work].under(one.sections), updates=updates)
    return {"seconds": import_module(one.module).seconds(asked)}


def title(record: Record) -> str:
    """Return the work's."""
    return WORKS[record.subject].title


def rows(record: Record) -> str:
    """Return the table, and below it the peers that were left out."""
    work = record.subject
    peers = [name for name in record.runs if CONTESTANTS[name].package]
    columns = ["", "s an update", "updates/s", "images/s", "against plain", "against plain of the same setting"]
    columns += [*(f"against {peer}" for peer in peers), "peak MiB"]
    body = [[name, *_cells(record, name, peers)] for name in record.runs]
    able = (name for name, one in CONTESTANTS.items() if one.package and work in one.works)
    missing = [name for name in able if name not in record.runs]
    notes = "".join(f"\n\n{name} was not installed and is left out." for name in missing)
    return table(columns, body) + notes


def _cells(record: Record, name: str, peers: list[str]) -> list[str]:
    seconds, twin = record.median(name), CONTESTANTS[name].twin
    against = [record.median(other) / seconds for other in ["plain", *peers]]
    plain, *rest = [f"{ratio:.2f}" for ratio in against]
    same = f"{record.median(twin) / seconds:.2f}" if twin in record.runs else ""
    rates = [_short(value) for value in (seconds, 1 / seconds, WORKS[record.subject].images / seconds)]
    return [*rates, plain, same, *rest, f"{record.peak(name):.0f}"]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _takes_part(one: Contestant, work: str) -> bool:
    return work in one.works and (one.package is None or installed(one.package) is not None)


if __name__ == "__main__":
    main()
