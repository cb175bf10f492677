"""The discriminator of progressive GANs."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import EQUALIZED, head
from gan_lightning_style.progressive import HalvingBlock, LastBlock, RectifierConv2d
from gan_lightning_style.rectified import SLOPE
from gan_lightning_style.sizes import pyramid


class ProgressiveDiscriminator(Discriminator):
    """1x1 convolution, one for each size - blocks, each halving both sides - deviation in the batch - conv3 - linear.

    The generator's mirror image, without its norms (Karras et al. 2018, arXiv:1710.10196, appendix A). Features
    ``[N, D]`` of its critiques are what the logit is a linear function of. With classes, a projection of the label is
    added. The paper has a classifier on the features instead: ``discriminator_labels: false`` and the penalty
    ``auxiliary_classifier``. It grows: see `gan_lightning.abilities.Growing`.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide.
        channels: Channels of the widest layers.
        group: Samples of a batch that are compared with each other.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.

    Attributes:
        halving: The class of its blocks.
    """

    halving: ClassVar[type[HalvingBlock]] = HalvingBlock

    def __init__(
        self, data: DataSpec, classes: int, *, channel_base: int = 16384, channels: int = 512, group: int = 4
    ) -> None:
        super().__init__()
        plan = pyramid(data, channel_base, channels)
        self.doublings = self.depth = len(plan.sizes) - 1
        self.alpha = 1.0
        self.from_image = nn.ModuleList(RectifierConv2d(data.shape[0], width, 1) for width in plan.widths)
        self.blocks = nn.ModuleList(self.halving(wide, wide, narrow) for narrow, wide in pairwise(plan.widths))
        self.last = LastBlock(plan.widths[0], plan.widths[0], plan.sizes[0], group)
        self.head: nn.Module = head(plan.widths[0], classes, EQUALIZED)

    def grow(self, depth: int, alpha: float) -> None:
        """Judge images of a size; see `gan_lightning.abilities.Growing`."""
        self.depth, self.alpha = depth, alpha

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` of the size that it has grown to, with labels ``[N]``."""
        maps = self._seen(samples, self.depth)
        for depth in range(self.depth, 0, -1):
            maps = self.blocks[depth - 1](maps)
            if depth == self.depth and self.alpha < 1.0:
                maps = torch.lerp(self._seen(avg_pool2d(samples, 2), depth - 1), maps, self.alpha)
        features = self.last(maps)
        return Critique(self.head(features, labels), features=features)

    def _seen(self, images: Tensor, depth: int) -> Tensor:
        return leaky_relu(self.from_image[depth](images), SLOPE)
