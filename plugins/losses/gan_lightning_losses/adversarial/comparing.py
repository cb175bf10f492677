"""Losses whose scores have no zero."""

from __future__ import annotations


class Comparing:
    """Mixin for a loss to which no score says real by itself: a sample is real by comparison with others.

    What follows the sign of scores, as adaptive augmentation does, cannot follow this one's.
    """

    @property
    def threshold(self) -> None:
        """There is no score above which a sample is taken for real."""
        return
