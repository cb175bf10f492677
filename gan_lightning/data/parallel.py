"""Many small tasks on threads, their results in order, with a bar where someone waits for them."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds without a bar."""


def in_order(task: Callable[[int], T], count: int, chunk: int = 32) -> Iterator[list[T]]:
    """Yield ``task(0)`` to ``task(count - 1)``, computed on threads, in order and in lists of up to `chunk`.

    Lists, because a consumer that writes each result alone would wait for the interpreter's lock as often.

    Args:
        task: Called with each index. Gains from threads as far as it lets go of the interpreter's lock.
        count: Number of tasks.
        chunk: Tasks handed to a thread at once. No more than four for each thread are held at any time.
    """
    workers = min(os.cpu_count() or 1, 16)
    starts = iter(range(0, count, chunk))
    pending: deque[Future[list[T]]] = deque()
    pool = ThreadPoolExecutor(workers)

    def submit() -> None:
        if (start := next(starts, None)) is not None:
            pending.append(pool.submit(_run, task, range(start, min(start + chunk, count))))

    try:
        for _ in range(3 * workers):
            submit()
        while pending:
            results = pending.popleft().result()
            submit()
            yield results
    finally:
        pool.shutdown(cancel_futures=True)


def track(chunks: Iterable[list[T]], total: int, title: str) -> Iterator[list[T]]:
    """Yield `chunks`, with a progress bar on a terminal once they have taken more than `PATIENCE` seconds.

    Args:
        chunks: Lists of results.
        total: Number of results in all of them.
        title: What is being done.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    bar = progress.add_task(title, total=total)
    due = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        for chunk in chunks:
            progress.advance(bar, len(chunk))
            if console.is_terminal and not progress.live.is_started and time.monotonic() > due:
                stack.enter_context(progress)
            yield chunk


def _run(task: Callable[[int], T], indices: range) -> list[T]:
    return [task(index) for index in indices]
