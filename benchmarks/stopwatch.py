"""The time of an update in a loop that somebody else runs."""

from __future__ import annotations

import time


class Stopwatch:
    """Times as many updates as it lets pass first.

    Args:
        updates: How many.
    """

    def __init__(self, updates: int) -> None:
        self.updates = updates
        self.marks: list[tuple[int, float]] = []

    def reached(self, count: int) -> None:
        """Take note that `count` updates have been made."""
        if len(self.marks) < 2 and count >= self.updates * (len(self.marks) + 1):
            self.marks.append((count, time.perf_counter()))

    @property
    def seconds(self) -> float:
        """Seconds an update."""
        (first, began), (last, ended) = self.marks
        return (ended - began) / (last - first)
