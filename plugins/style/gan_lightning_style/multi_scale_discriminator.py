"""The discriminator of multi-scale gradient GANs, which is shown images at every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import EQUALIZED, MinibatchStddev, head
from gan_lightning_style.progressive import HalvingBlock, LastBlock, RectifierConv2d
from gan_lightning_style.rectified import SLOPE
from gan_lightning_style.scales import Scales
from gan_lightning_style.sizes import pyramid

Combine = Literal["simple", "lin_cat"]
Deviation = Literal["all", "last"]


class SimpleJoin(nn.Module):
    """The image's channels beside the maps, as they are (arXiv:1903.06048: phi_simple).

    Args:
        channels: Of the image.
        width: Of the maps.

    Attributes:
        width: Channels of the result.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.width = width + channels

    def forward(self, image: Tensor, maps: Tensor) -> Tensor:
        """Join ``[N, channels, H, W]`` and ``[N, width, H, W]``."""
        return torch.cat([image, maps], dim=1)


class LinearJoin(nn.Module):
    """A 1x1 convolution of the image to half as many channels as the maps have, beside them, and one of both.

    The first is that of arXiv:1903.06048: phi_lin_cat; the second brings the result to the width of the maps.

    Args:
        channels: Of the image.
        width: Of the maps.

    Attributes:
        width: Channels of the result.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.width = width
        half = max(1, width // 2)
        self.from_image = RectifierConv2d(channels, half, 1)
        self.mix = RectifierConv2d(half + width, width, 1)

    def forward(self, image: Tensor, maps: Tensor) -> Tensor:
        """Join ``[N, channels, H, W]`` and ``[N, width, H, W]``."""
        seen = leaky_relu(self.from_image(image), SLOPE)
        return leaky_relu(self.mix(torch.cat([seen, maps], dim=1)), SLOPE)


_JOINS: dict[str, Callable[[int, int], SimpleJoin | LinearJoin]] = {"simple": SimpleJoin, "lin_cat": LinearJoin}


class MultiScaleDiscriminator(Discriminator):
    """Blocks that each halve both sides, and behind each the image of that size joined to the maps.

    The blocks are those of progressive GANs. Since the image of every size is seen, a gradient reaches what the
    generator makes of every size (Karnewar & Wang 2020, arXiv:1903.06048). Features ``[N, D]`` of its critiques are
    what the logit is a linear function of; with classes, a projection of the label is added.

    It judges packed images of all sizes, see `gan_lightning_style.scales.Scales`, or images alone, whose means it takes
    for those of the smaller sizes.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide.
        channels: Channels of the widest layers.
        group: Samples of a batch that are compared with each other.
        combine: How images join maps: as they are, or by 1x1 convolutions.
        deviation: Whether the deviation in the batch is added in all blocks or in the last.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channel_base: int = 16384,
        channels: int = 512,
        group: int = 4,
        combine: Combine = "simple",
        deviation: Deviation = "all",
    ) -> None:
        super().__init__()
        plan = pyramid(data, channel_base, channels)
        self.sizes = Scales(data.shape, len(plan.sizes) - 1)
        join, everywhere = _JOINS[combine], deviation == "all"
        self.from_image = RectifierConv2d(data.shape[0], plan.widths[-1], 1)
        joins = [join(data.shape[0], width) for width in plan.widths[:-1]]
        entries = [joined.width for joined in joins] + [plan.widths[-1]]
        self.joins = nn.ModuleList(joins)
        self.deviation = MinibatchStddev(group) if everywhere else nn.Identity()
        self.blocks = nn.ModuleList(
            HalvingBlock(entry + everywhere, wide, narrow)
            for entry, (narrow, wide) in zip(entries[1:], pairwise(plan.widths), strict=True)
        )
        self.last = LastBlock(entries[0], plan.widths[0], plan.sizes[0], group)
        self.head = head(plan.widths[0], classes, EQUALIZED)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``, or packed ones of all sizes ``[N, values]``, with labels ``[N]``."""
        images = self.sizes.unpack(samples) if samples.dim() == 2 else self.sizes.of(samples)
        return self.judge(images, labels)

    def judge(self, images: Sequence[Tensor], labels: Tensor | None = None) -> Critique:
        """Judge images of every size, the smallest first, with labels ``[N]``."""
        *smaller, full = images
        maps = leaky_relu(self.from_image(full), SLOPE)
        for block, join, image in zip(reversed(self.blocks), reversed(self.joins), reversed(smaller), strict=True):
            maps = join(image, block(self.deviation(maps)))
        features = self.last(maps)
        return Critique(self.head(features, labels), features=features)
