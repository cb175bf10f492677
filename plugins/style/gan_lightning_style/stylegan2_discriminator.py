"""The discriminator of StyleGAN2: residual halvings behind a low-pass filter."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import EqualizedConv2d, EqualizedLinear, FIRDownsample, MinibatchStddev
from gan_lightning_style.mapping import Mapping
from gan_lightning_style.rectified import RectifiedConv2d, RectifiedLinear
from gan_lightning_style.sizes import pyramid

Blocks = Literal["resnet", "orig"]

_ROOT_HALF = math.sqrt(0.5)


class PlainHalving(nn.Module):
    """Two convolutions, the second of which halves both sides.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        clamp: Largest size of a value, None for any.
        gain: Factor on the result.
    """

    def __init__(self, inputs: int, outputs: int, *, clamp: float | None, gain: float = 1.0) -> None:
        super().__init__()
        self.conv0 = RectifiedConv2d(inputs, inputs, 3, clamp=clamp)
        self.conv1 = RectifiedConv2d(inputs, outputs, 3, halves=True, clamp=clamp, gain=gain)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H / 2, W / 2]``."""
        return self.conv1(self.conv0(x))  # type: ignore[no-any-return]


class ResidualHalving(PlainHalving):
    """(two convolutions + a 1x1 convolution of the halved map) sqrt(1/2), the factor on both sides' weights.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        clamp: Largest size of a value, None for any.
    """

    def __init__(self, inputs: int, outputs: int, *, clamp: float | None) -> None:
        super().__init__(inputs, outputs, clamp=clamp, gain=_ROOT_HALF)
        self.halve = FIRDownsample()
        self.skip = EqualizedConv2d(inputs, outputs, 1, bias=False, gain=_ROOT_HALF)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H / 2, W / 2]``."""
        return super().forward(x) + self.skip(self.halve(x))  # type: ignore[no-any-return]


_BLOCKS: dict[str, type[PlainHalving]] = {"resnet": ResidualHalving, "orig": PlainHalving}


class StyleGAN2Discriminator(Discriminator):
    """The discriminator of StyleGAN2 (arXiv:1912.04958, configuration F; with classes arXiv:2006.06676).

    From the image by a 1x1 convolution, halvings down to the smallest size, the deviation within groups of the batch
    beside the maps, a convolution, a linear layer of features ``[N, D]`` and one of logits. With classes, a mapping
    network makes a vector of the class and the logit is its product with the last layer's output, over the root of
    their length.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide. 32768 for the published networks
            of 1024x1024, and half of that for the lighter ones of 256x256.
        channels: Channels of the widest layers.
        blocks: Residual, or one convolution after the other as the published network for CIFAR-10 has them.
        group: Samples that are compared with each other.
        mapping_layers: Layers of the mapping network of classes.
        clamp: Largest size of a layer's values; 256 where it is trained in half precision. null for any.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channel_base: int = 32768,
        channels: int = 512,
        blocks: Blocks = "resnet",
        group: int = 4,
        mapping_layers: int = 8,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        plan = pyramid(data, channel_base, channels)
        smallest, last = plan.sizes[0], plan.widths[0]
        self.from_image = RectifiedConv2d(data.shape[0], plan.widths[-1], 1, clamp=clamp)
        halving = _BLOCKS[blocks]
        self.halvings = nn.Sequential(*(halving(*ends, clamp=clamp) for ends in pairwise(reversed(plan.widths))))
        self.deviation = MinibatchStddev(group)
        self.conv = RectifiedConv2d(last + 1, last, 3, clamp=clamp)
        self.fc = RectifiedLinear(last * math.prod(smallest), last)
        self.out = EqualizedLinear(last, last if classes else 1)
        self.mapping = Mapping(0, classes, last, mapping_layers) if classes else None

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        maps = self.conv(self.deviation(self.halvings(self.from_image(samples))))
        features = self.fc(maps.flatten(1))
        found = self.out(features)
        if self.mapping is None:
            return Critique(found.squeeze(1), features=features)
        wanted = self.mapping(None, labels)
        return Critique((found * wanted).sum(dim=1) * found.shape[1] ** -0.5, features=features)
