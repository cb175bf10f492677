"""What all benchmarks share: processes of their own, interleaved rounds, and records that tables are made from.

Every run is in a process of its own, since settings of the allocator are a process's and so is the peak of memory.
Rounds are interleaved, since machines drift: each contestant runs once before any runs again.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

Run = dict[str, float]
Job = tuple[Any, ...]
"""A function as ``"module:name"``, and its arguments, which JSON can hold."""

_PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "torch-fidelity", "torch-mimicry", "torchgan")
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


@dataclass(frozen=True)
class Record:
    """All runs of one table; a line of ``results/NAME.jsonl``.

    Args:
        subject: What was measured.
        runs: For each contestant, what each of its runs returned.
        facts: Sizes that the title tells.
        date: When, ISO 8601 in UTC.
        machine: On what.
        load: Processes that wanted a core before the first run; above 0.5 the machine was not quiet.
    """

    subject: str
    runs: dict[str, list[Run]]
    facts: dict[str, int]
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="minutes"))
    machine: dict[str, str] = field(default_factory=lambda: _machine())
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def median(self, contestant: str, value: str = "seconds") -> float:
        """Return the median over a contestant's runs."""
        return statistics.median(run[value] for run in self.runs[contestant])

    def peak(self, contestant: str) -> float:
        """Return the most memory that any run of a contestant held, MiB."""
        return max(run["peak"] for run in self.runs[contestant])

    def told(self) -> str:
        """Say in a line when, how and on what this was measured."""
        rounds = len(next(iter(self.runs.values())))
        how = f"medians of {rounds} interleaved rounds" if rounds > 1 else "one round"
        busy = (
            "" if self.load < 0.5 else f"; the machine was busy (load {self.load:.1f}), so only large ratios mean much"
        )
        return f"{self.date[:10]}, {how}, {', '.join(self.machine.values())}{busy}."


def measure(subject: str, jobs: Mapping[str, Job], rounds: int, **facts: int) -> Record:
    """Run every job `rounds` times, each time in a process of its own, and return what they say."""
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    record = Record(subject, runs, facts)
    for number in range(1, rounds + 1):
        for name, job in jobs.items():
            print(f"{subject}, round {number} of {rounds}: {name}", file=sys.stderr, flush=True)
            runs[name].append(_elsewhere(job))
    return record


def keep(benchmark: str, record: Record) -> None:
    """Append to ``results/BENCHMARK.jsonl``."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{benchmark}.jsonl").open("a") as file:
        file.write(json.dumps(asdict(record)) + "\n")


def latest(benchmark: str) -> dict[str, Record]:
    """Return the last record of each subject."""
    path = RESULTS / f"{benchmark}.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    return {record.subject: record for record in (Record(**json.loads(line)) for line in lines)}


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def installed(package: str) -> str | None:
    """Return the version of a package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _elsewhere(job: Job) -> Run:
    command = [sys.executable, "-m", "benchmarks.bench", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{job[0]} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _here(job: str) -> None:
    target, *arguments = json.loads(job)
    module, _, name = target.partition(":")
    found = getattr(import_module(module), name)(*arguments)
    # Linux counts in KiB
    print(json.dumps({**found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def _machine() -> dict[str, str]:
    facts = dict(line.split("\t", 1) for line in _processor_lines() if "\t" in line)
    name = facts.get("model name", platform.machine()).strip(" :\t")
    flags = facts.get("flags", "").split()
    able = " ".join(flag for flag in _INSTRUCTIONS if flag in flags)
    packages = " ".join(f"{package} {found}" for package in _PACKAGES if (found := installed(package)))
    threads = f", OMP_NUM_THREADS {limit}" if (limit := os.environ.get("OMP_NUM_THREADS")) else ""
    return {
        "processor": f"{name} ({os.cpu_count()} cores; {able}{threads})",
        "python": f"Python {platform.python_version()}",
        "packages": packages,
    }


def _processor_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().split("\n\n")[0].splitlines() if path.is_file() else []


if __name__ == "__main__":
    _here(sys.argv[1])
