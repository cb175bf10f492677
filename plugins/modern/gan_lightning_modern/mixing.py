"""Random mixing of feature maps across channels and scales, of Projected GAN (arXiv:2111.01007, section 3.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate

from gan_lightning_modern.features import CHANNELS

_CROSS_CHANNEL = (1, 2, 4, 8)
_CROSS_SCALE = (1, 1, 2, 4)


class FixedConv1x1(nn.Module):
    """A 1x1 convolution that is drawn once and never trained: buffers, which checkpoints keep.

    Args:
        inputs: Channels in.
        outputs: Channels out.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.randn(outputs, inputs, 1, 1) / math.sqrt(inputs))
        self.register_buffer("bias", (2 * torch.rand(outputs) - 1) / math.sqrt(inputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H, W]``."""
        return conv2d(x, self.weight, self.bias)


class RandomMixing(nn.Module):
    """Four feature maps as four mixed ones of twice the sides.

    Each is first mixed across its channels, to 1, 2, 4 and 8 times `channels`. From the last to the first, what came of
    the map below is added, and a 1x1 convolution and bilinear doubling follow: the published code has no 3x3 ones,
    which the paper's figure shows. Convolving before doubling is the same, at a quarter of the cost.

    Args:
        channels: Channels of the first mixed map, and of the second; the others have 2 and 4 times as many.

    Attributes:
        widths: Channels of the mixed maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.widths = tuple(factor * channels for factor in _CROSS_SCALE)
        inner = [factor * channels for factor in _CROSS_CHANNEL]
        self.across_channels = nn.ModuleList(map(FixedConv1x1, CHANNELS, inner))
        self.across_scales = nn.ModuleList(map(FixedConv1x1, inner, self.widths))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Map ``[N, C_i, H / 2^i, W / 2^i]``, i from 0 to 3, to ``[N, widths[i], 2 H / 2^i, 2 W / 2^i]``."""
        mixed: list[Tensor] = []
        for level in reversed(range(len(maps))):
            x = self.across_channels[level](maps[level])
            x = self.across_scales[level](x + mixed[-1] if mixed else x)
            mixed.append(interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))
        return mixed[::-1]
