"""What the guards decide about a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RollBack:
    """Training is to go on from an earlier checkpoint with lower learning rates.

    Args:
        reason: What has happened, in words that a line can begin with.
        good_updates: Generator updates up to which all was well.
        to_best: Whether to go back to the best checkpoint instead of the newest good one.
    """

    reason: str
    good_updates: int
    to_best: bool = False
