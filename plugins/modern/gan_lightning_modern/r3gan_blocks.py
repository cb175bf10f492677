"""Residual blocks without normalisation, and the widths of the stages they stand in, of R3GAN (arXiv:2501.05441)."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.init import zeros_

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings

_SLOPE = 0.2
_EXPANSION = 2
Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)

#: Residual blocks in a stage.
BLOCKS = 2


class Plan(NamedTuple):
    """Stages, the one of the smallest map first.

    Args:
        start: Height and width of the smallest map.
        widths: Channels of each stage.
        group: Channels in a group of the 3x3 convolutions.
    """

    start: tuple[int, int]
    widths: tuple[int, ...]
    group: int

    def stage(self, width: int) -> nn.Sequential:
        """Return the residual blocks of a stage of that width."""
        blocks = BLOCKS * len(self.widths)
        return nn.Sequential(*(ResidualBlock(width, self.group, blocks) for _ in range(BLOCKS)))


def plan(data: DataSpec, channels: int, wide_stages: int, group: int) -> Plan:
    """Return the stages for images of that size.

    Args:
        data: What is made or judged.
        channels: Channels of the widest stages.
        wide_stages: How many stages, from the smallest map on, are that wide; each after them has half the channels.
        group: Channels in a group of the 3x3 convolutions.

    Raises:
        UnsupportedShapeError: Doubling does not lead to that size.
        UserError: A number is below 1.
    """
    at_least(1, channels=channels, wide_stages=wide_stages, group=group)
    steps = doublings(data)[0]
    widths = tuple(max(1, channels >> max(0, stage + 1 - wide_stages)) for stage in range(steps + 1))
    return Plan((data.shape[1] >> steps, data.shape[2] >> steps), widths, group)


class BiasedLeakyReLU(nn.Module):
    """leaky_relu(x + b) with slope 0.2, b beginning at 0: the convolutions around have no biases.

    Args:
        channels: Channels of the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]``."""
        return leaky_relu(x + self.bias[:, None, None], _SLOPE)


class ResidualBlock(nn.Module):
    """x + conv1 - bias, leaky ReLU - grouped conv3 - bias, leaky ReLU - conv1, twice as wide inside.

    Weights begin at N(0, g^2 / fan_in) with g = sqrt(2 / 1.04) L^(-1/4), the last ones at 0, so that the network of L
    blocks begins as one without them (Zhang et al. 2019, arXiv:1901.09321).

    Args:
        channels: Channels in and out.
        group: Channels in a group of the 3x3 convolution; the largest number of them that divides the width.
        blocks: Residual blocks L of the whole network.
    """

    def __init__(self, channels: int, group: int, blocks: int) -> None:
        super().__init__()
        inner = _EXPANSION * channels
        groups = inner // math.gcd(inner, group)
        gain = nn.init.calculate_gain("leaky_relu", _SLOPE) * blocks**-0.25
        last = nn.Conv2d(inner, channels, 1, bias=False)
        zeros_(last.weight)
        self.layers = nn.Sequential(
            scaled(nn.Conv2d(channels, inner, 1, bias=False), gain),
            BiasedLeakyReLU(inner),
            scaled(nn.Conv2d(inner, inner, 3, padding=1, groups=groups, bias=False), gain),
            BiasedLeakyReLU(inner),
            last,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, channels, H, W]`` to the same shape."""
        return x + self.layers(x)  # type: ignore[no-any-return]


def scaled(layer: Layer, gain: float = 1.0) -> Layer:
    """Draw a layer's weight ``[out, in, ...]`` from N(0, gain^2 / fan_in) and return the layer."""
    nn.init.normal_(layer.weight, std=gain / math.sqrt(layer.weight[0].numel()))
    return layer


def transition(inputs: int, outputs: int) -> list[nn.Module]:
    """Return a 1x1 convolution from one width to another, or nothing where they are the same."""
    return [] if inputs == outputs else [scaled(nn.Conv2d(inputs, outputs, 1, bias=False))]


def class_table(classes: int, width: int, gain: float = 1.0) -> nn.Embedding:
    """Return a vector for each class, as a linear layer on one-hot labels begins: N(0, gain^2 / classes)."""
    table = nn.Embedding(classes, width)
    nn.init.normal_(table.weight, std=gain / math.sqrt(classes))
    return table
