"""Does the jobs of a study in parallel processes; what is done already is not done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gan_lightning.study.jobs import Job, read_result, write_result
from gan_lightning.study.worker import to_line

#: Set for every worker, so that as many jobs as there are cores do not get in each other's way.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def is_done(root: Path, job: Job) -> bool:
    """Tell whether a job has succeeded already; one that failed is tried again."""
    result = read_result(root, job)
    return result is not None and result["status"] == "done"


def run_jobs(root: Path, jobs: Sequence[Job], processes: int) -> int:
    """Do the jobs that are not done yet.

    Args:
        root: The study's folder.
        jobs: The jobs.
        processes: How many at once, each with one thread.

    Returns:
        How many have failed.
    """
    left: SimpleQueue[Job] = SimpleQueue()
    waiting = [job for job in jobs if not is_done(root, job)]
    for job in waiting:
        left.put(job)
    crew = _Crew(root, left)
    with _ended_by_sigterm(), _shown(len(jobs), len(jobs) - len(waiting)) as crew.progress:
        count = min(processes, len(waiting))
        with ThreadPoolExecutor(max(1, count)) as pool:
            workers = [pool.submit(crew.work) for _ in range(count)]
            try:
                for worker in workers:
                    worker.result()
            except BaseException:
                crew.stop()
                raise
    return crew.failed


class _Crew:
    """Threads that each keep one worker process busy, and start another where one dies."""

    def __init__(self, root: Path, left: SimpleQueue[Job]) -> None:
        self.root = root
        self.left = left
        self.failed = 0
        self.progress: _Shown | None = None
        self._lock = Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def work(self) -> None:
        """Hand job after job to a process."""
        process: subprocess.Popen[str] | None = None
        while not self._stopped:
            try:
                job = self.left.get_nowait()
            except Empty:
                break
            process = process or self._start()
            answer = _ask(process, job)
            if not answer and not self._stopped:
                self._bury(process, job)
                process = None
            self._count(job, failed=answer != "done\n")
        if process is not None:
            self._dismiss(process)

    def stop(self) -> None:
        """End all processes; the jobs they are at are begun again next time."""
        self._stopped = True
        for process in list(self._running):
            process.terminate()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gan_lightning.study.worker", str(self.root)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,  # Ctrl+C comes to this process alone, which tells the others
        )
        self._running.add(process)
        return process

    def _bury(self, process: subprocess.Popen[str], job: Job) -> None:
        """Note for a job that its process has died, whatever killed it."""
        code = process.wait()
        self._running.discard(process)
        told = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        write_result(self.root, job, {"status": "failed", "error": f"its process {told}; see log.txt"})

    def _dismiss(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        self._running.discard(process)

    def _count(self, job: Job, *, failed: bool) -> None:
        with self._lock:
            self.failed += failed
            if self.progress is not None:
                self.progress.advance(job, self.failed)


def _ask(process: subprocess.Popen[str], job: Job) -> str:
    """Have a process do a job; its answer is empty if it has died."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(to_line(job))
        process.stdin.flush()
    except BrokenPipeError:
        return ""
    return process.stdout.readline()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end this process as Ctrl+C does, so that its workers end with it."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # only there may signals be handled
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Shown:
    """A bar on a terminal, a line for each job elsewhere."""

    def __init__(self, bar: Progress, total: int, done: int) -> None:
        self.bar, self.total, self.done = bar, total, done
        self.task = bar.add_task("jobs", total=total, completed=done, last="")

    def advance(self, job: Job, failed: int) -> None:
        """Show that a job has ended."""
        self.done += 1
        told = f"{job.key}{f'  {failed} failed' if failed else ''}"
        self.bar.update(self.task, advance=1, last=told)
        if not self.bar.console.is_terminal:
            left = self.bar.tasks[self.task].time_remaining
            eta = "" if left is None else f", {left:.0f} s left"
            self.bar.console.print(f"{self.done} of {self.total} jobs{eta}: {told}")


@contextmanager
def _shown(total: int, done: int) -> Iterator[_Shown]:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("jobs"), TimeElapsedColumn(), TextColumn("left"))
    bar = Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[last]}"), console=console)
    bar.disable = not console.is_terminal
    with bar:
        yield _Shown(bar, total, done)
