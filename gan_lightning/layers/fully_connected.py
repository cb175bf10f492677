"""Stacks of linear layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from torch import nn


def hidden_layers(inputs: int, width: int, count: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Return `count` linear layers of one width, each with an activation behind it: ``[N, inputs]`` to ``[N, width]``.

    Args:
        inputs: Numbers a sample has.
        width: Units of each layer.
        count: How many; with 0 it is the identity.
        activation: Makes what follows each.
    """
    pairs = pairwise([inputs] + [width] * count)
    return nn.Sequential(*(part for pair in pairs for part in (nn.Linear(*pair), activation())))
