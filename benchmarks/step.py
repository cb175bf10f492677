"""Time of a generator update, ours and a hand-written loop's, side by side: ``python -m benchmarks.step [a b c e]``.

Every contestant runs in a process of its own, since the allocator's settings are a process's; the rounds are
interleaved, since machines drift. The table has medians, and ratios to the hand-written loop of the same setting.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import resource
import statistics
import subprocess
import sys

from benchmarks.works import WORKS

CONTESTANTS = {
    "plain": {"side": "plain", "tuned": False, "bf16": False},
    "plain, tuned": {"side": "plain", "tuned": True, "bf16": False},
    "gan-lightning": {"side": "ours", "tuned": True, "bf16": False},
    "plain, tuned, bf16": {"side": "plain", "tuned": True, "bf16": True},
    "gan-lightning, bf16": {"side": "ours", "tuned": True, "bf16": True},
}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", nargs="*", default=list(WORKS), help="which works; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_one(arguments.works[0], arguments.one)))
        return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {_versions()}\n")
    for work in arguments.works:
        _report(work, arguments.rounds)


def _report(work: str, rounds: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds):
        for name in CONTESTANTS:
            found[name].append(_elsewhere(work, name))
    medians = {name: statistics.median(run["seconds"] for run in runs) for name, runs in found.items()}
    print(
        f"### {WORKS[work].title}\n\n| | s an update | against plain | against plain of the same setting | peak MiB |"
    )
    print("|---|---|---|---|---|")
    for name, seconds in medians.items():
        twin = {"gan-lightning": "plain, tuned", "gan-lightning, bf16": "plain, tuned, bf16"}.get(name)
        same = f"{seconds / medians[twin]:.3f}" if twin else ""
        peak = max(run["peak"] for run in found[name])
        print(f"| {name} | {seconds:.4g} | {medians['plain'] / seconds:.2f}x faster | {same} | {peak:.0f} |")
    print(flush=True)


def _elsewhere(work: str, contestant: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.step", work, "--one", contestant]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _one(work: str, contestant: str) -> dict[str, float]:
    for name in ("lightning.pytorch", "lightning.fabric", "gan_lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    setting = dict(CONTESTANTS[contestant])
    if setting.pop("side") == "ours":
        from benchmarks.ours import seconds

        taken = seconds(WORKS[work], **setting)  # type: ignore[arg-type]
    else:
        from benchmarks.plain import PlainLoop

        loop = PlainLoop(WORKS[work], **setting)  # type: ignore[arg-type]
        loop.seconds(WORKS[work].updates)
        taken = loop.seconds(WORKS[work].updates)
    return {"seconds": taken, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _versions() -> str:
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("torch", "lightning"))


if __name__ == "__main__":
    main()
