"""Tasks on threads: many small ones with their results in order, or the next one while this one is used."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from typing import Generic, Self, TypeVar

S = TypeVar("S")
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
    workers = threads()
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


def spread(task: Callable[[T], None], parts: Iterable[T]) -> None:
    """Run a task on each part, on threads that are kept, and wait; the error of the first part that has one is raised.

    Args:
        task: Called with each part. It must not call `spread` itself.
        parts: What to share out.
    """
    for future in [_kept().submit(task, part) for part in parts]:
        future.result()


class Ahead(Generic[S, T]):
    """Does the task that will probably be wanted next on a thread, while its caller works with the last result.

    Args:
        task: Called with one argument at a time.
    """

    def __init__(self, task: Callable[[S], T]) -> None:
        self._task = task
        self._pool = ThreadPoolExecutor(1)
        self._coming: tuple[S, Future[T]] | None = None

    def take(self, wanted: S, guess: S) -> T:
        """Return ``task(wanted)``, which is there already if it was the last guess, and begin with ``task(guess)``."""
        coming = self._coming
        if coming is not None and coming[0] == wanted:
            future = coming[1]
        else:
            self._drop()
            future = self._pool.submit(self._task, wanted)
        self._coming = (guess, self._pool.submit(self._task, guess))
        return future.result()

    def _drop(self) -> None:
        if self._coming is not None:
            self._coming[1].cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def threads() -> int:
    """Return how many threads share work: one a core, and no more than 16."""
    return min(os.cpu_count() or 1, 16)


@cache
def _kept() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads())


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
