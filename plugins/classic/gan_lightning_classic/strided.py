"""Stacks of strided convolutions between images and small maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings, normal

_WIDEST = 16


def widths_of(data: DataSpec, channels: int) -> tuple[list[int], tuple[int, int]]:
    """Return the width of each hidden map from the largest to the smallest, and the smallest's height and width.

    Args:
        data: Images whose sides are 3 to 7 times one power of 2.
        channels: Width of the largest map; it doubles with every halving, up to 16 times.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: The width is below 1.
    """
    at_least(1, channels=channels)
    steps = doublings(data)[0]
    _, height, width = data.shape
    return [channels * min(2**step, _WIDEST) for step in range(steps)], (height >> steps, width >> steps)


def normalised(channels: int, activation: nn.Module) -> nn.Sequential:
    """Return batch normalisation of maps and an activation."""
    return nn.Sequential(nn.BatchNorm2d(channels), activation)


def doubled(widths: Sequence[int], outputs: int, kernel: int = 4) -> nn.Sequential:
    """Return transposed convolutions, each of which doubles both sides: ``[N, widths[0], ...]`` to images in [-1, 1].

    Batch normalisation and ReLU follow each but the last, and tanh that one. None has a bias.

    Args:
        widths: Channels of the map that comes in, and of each that is made on the way.
        outputs: Channels of the images.
        kernel: Side of the kernels.
    """
    layers = nn.Sequential()
    for inputs, made in pairwise(widths):
        layers.extend([_doubling(inputs, made, kernel), *normalised(made, nn.ReLU())])
    layers.extend([_doubling(widths[-1], outputs, kernel), nn.Tanh()])
    return layers


def opened(inputs: int, outputs: int, size: tuple[int, int]) -> nn.Sequential:
    """Return a transposed convolution without bias from one pixel to a map, batch normalisation and ReLU.

    Args:
        inputs: Channels of the pixel.
        outputs: Channels of the map.
        size: Height and width of the map.
    """
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, size, bias=False), *normalised(outputs, nn.ReLU()))


def halved(widths: Sequence[int], activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Return 4x4 convolutions without bias, each of which halves both sides, with batch normalisation.

    Args:
        widths: Channels of the map that comes in, and of each that is made.
        activation: Makes what follows each.
    """
    layers = nn.Sequential()
    for inputs, made in pairwise(widths):
        layers.append(nn.Conv2d(inputs, made, 4, stride=2, padding=1, bias=False))
        layers.extend(normalised(made, activation()))
    return layers


def _doubling(inputs: int, outputs: int, kernel: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(
        inputs, outputs, kernel, stride=2, padding=(kernel - 1) // 2, output_padding=kernel % 2, bias=False
    )


def initialise(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02), scales of batch normalisation from N(1, 0.02) (arXiv:1511.06434)."""
    normal(network, 0.02)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
