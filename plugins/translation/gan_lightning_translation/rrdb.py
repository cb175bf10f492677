"""ESRGAN's generator: residual dense blocks in residual blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import UpsampleConv, at_least
from gan_lightning_translation.enlarging import Enlarging
from gan_lightning_translation.srresnet import begin_small

_SCALE = 0.2  # of every residual, at both levels
_CONVOLUTIONS = 5
_DENSE_BLOCKS = 3


class DenseBlock(nn.Module):
    """x + 0.2 times the last of five 3x3 convolutions, each of which sees all maps before it.

    Args:
        channels: Channels in and out.
        growth: Channels that each of the first four convolutions adds.
    """

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        widths = [channels + growth * number for number in range(_CONVOLUTIONS)]
        made = [growth] * (_CONVOLUTIONS - 1) + [channels]
        self.layers = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in zip(widths, made, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, channels, H, W]`` to as much."""
        maps = x
        for layer in self.layers[:-1]:
            maps = torch.cat([maps, leaky_relu(layer(maps), 0.2)], dim=1)
        return x + _SCALE * self.layers[-1](maps)  # type: ignore[no-any-return, no-untyped-call]


class RRDB(nn.Sequential):
    """x + 0.2 times what three dense blocks make of it (arXiv:1809.00219, figure 4).

    Args:
        channels: Channels in and out.
        growth: Channels that convolutions of the dense blocks add.
    """

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__(*(DenseBlock(channels, growth) for _ in range(_DENSE_BLOCKS)))

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, channels, H, W]`` to as much."""
        return input + _SCALE * super().forward(input)  # type: ignore[no-any-return, no-untyped-call]


class RRDBNet(Enlarging):
    """3x3 convolution, residual-in-residual dense blocks with a long skip, nearest neighbours (arXiv:1809.00219, 3.1).

    Nothing is normalised, nothing keeps the images in [-1, 1], and weights of the blocks begin ten times smaller than
    He et al. draw them.

    Args:
        data: What is generated, and its partner: sides of samples are 1, 2, 4, 8... times those of sources.
        classes: Must be 0.
        channels: Width of all maps.
        growth: Channels that convolutions of the dense blocks add.
        blocks: Blocks, 23 as published.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, growth: int = 32, blocks: int = 23) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels, growth=growth, blocks=blocks)
        self.first = nn.Conv2d(self.latent_shape[0], channels, 3, padding=1)
        self.body = nn.Sequential(
            *(RRDB(channels, growth) for _ in range(blocks)), nn.Conv2d(channels, channels, 3, padding=1)
        )
        self.up = nn.ModuleList(UpsampleConv(channels, channels) for _ in range(self.doublings))
        self.high = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, data.shape[0], 3, padding=1)
        begin_small(self.body[:-1])

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map sources ``[N, C, h, w]`` to images ``[N, C', H, W]``."""
        del labels
        x = self.first(latents)
        x = x + self.body(x)
        for layer in self.up:
            x = leaky_relu(layer(x), 0.2)
        made: Tensor = self.last(leaky_relu(self.high(x), 0.2))
        return made
