"""Weights that move more slowly than others of the same optimiser."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


class PartSteps:
    """Lets weights go a part of the way that their optimiser takes them, the step of a learning rate that much lower.

    That is exact where a step is proportional to the learning rate, as those of Adam and of gradient descent are.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[float, list[Tensor], list[Tensor]]] = []

    def before(self, parts: Iterable[tuple[float, Iterable[Tensor]]]) -> None:
        """Take note of where weights are: the share of a step that they shall make, and the weights that shall."""
        named = [(share, list(weights)) for share, weights in parts]
        self._kept = [(share, weights, [weight.detach().clone() for weight in weights]) for share, weights in named]

    @torch.no_grad()
    def after(self) -> None:
        """Take weights back by the rest of their step."""
        for share, weights, kept in self._kept:
            torch._foreach_lerp_(weights, kept, 1.0 - share)
        self._kept = []
