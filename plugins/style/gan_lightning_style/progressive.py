"""The generator of progressive GANs, and the layers that both sides are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import islice, pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import (
    ConvPool,
    EqualizedConv2d,
    EqualizedLinear,
    MinibatchStddev,
    PixelNorm,
    UpsampleConv,
    at_least,
    with_labels,
)
from gan_lightning_style.growth import newest_image
from gan_lightning_style.rectified import ROOT_2, SLOPE
from gan_lightning_style.sizes import pyramid

#: A convolution whose weights are of the size that a rectifier behind wants; its bias is as it is.
RectifierConv2d = partial(EqualizedConv2d, gain=ROOT_2)


class ProgressiveGenerator(Generator):
    """Latent - pixel norm - linear - blocks, each doubling both sides - 1x1 convolution, one for each size.

    A block is two 3x3 convolutions, the first behind nearest-neighbour upsampling, each with a leaky rectifier and a
    pixel norm; weights have equalised learning rates. Nothing keeps images in [-1, 1] (Karras et al. 2018,
    arXiv:1710.10196, appendix A). It grows: see `gan_lightning.abilities.Growing`.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network; classes are given as one-hot vectors beside latents.
        channel_base: Channels times longer side, for layers less than `channels` wide.
        channels: Channels of the widest layers.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    bounded = False

    def __init__(
        self, data: DataSpec, classes: int, *, channel_base: int = 16384, channels: int = 512, latent: int = 512
    ) -> None:
        super().__init__()
        at_least(1, latent=latent)
        plan = pyramid(data, channel_base, channels)
        self.latent_shape = (latent,)
        self.classes = classes
        self.doublings = self.depth = len(plan.sizes) - 1
        self.alpha = 1.0
        self.norm = PixelNorm()
        self.first = FirstBlock(latent + classes, plan.widths[0], plan.sizes[0])
        self.blocks = nn.ModuleList(DoublingBlock(*ends) for ends in pairwise(plan.widths))
        self.to_image = nn.ModuleList(EqualizedConv2d(width, data.shape[0], 1) for width in plan.widths)

    def grow(self, depth: int, alpha: float) -> None:
        """Make images of a size; see `gan_lightning.abilities.Growing`."""
        self.depth, self.alpha = depth, alpha

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` of the size it has grown to."""
        return newest_image(self.to_image, list(self._maps(latents, labels)), self.alpha)

    def scales(self, latents: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images of every size, the smallest first."""
        return [layer(maps) for layer, maps in zip(self.to_image, self._maps(latents, labels), strict=False)]

    def latent_weights(self) -> Tensor:
        """Return the rows ``[outputs, latent]`` of the first layer."""
        return self.first.linear.normalized_weight()[:, : self.latent_shape[0]]

    def _maps(self, latents: Tensor, labels: Tensor | None) -> Iterator[Tensor]:
        """Yield the maps of every size up to its own."""
        maps = self.first(self.norm(with_labels(latents, labels, self.classes)))
        yield maps
        for block in islice(self.blocks, self.depth):
            maps = block(maps)
            yield maps


class FirstBlock(nn.Module):
    """From a vector to maps of the smallest size: a linear layer with a bias for each channel, and a convolution.

    Args:
        inputs: Length of the vector.
        width: Channels.
        size: Height and width.
    """

    def __init__(self, inputs: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.shape = (width, *size)
        self.linear = EqualizedLinear(inputs, math.prod(self.shape), bias=False, gain=ROOT_2 / 4)
        self.bias = nn.Parameter(torch.zeros(width))
        self.conv = RectifierConv2d(width, width, 3, padding=1)
        self.activation = normed_rectifier()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs]`` to ``[N, width, *size]``."""
        maps = self.linear(x).view(-1, *self.shape) + self.bias[:, None, None]
        return self.activation(self.conv(self.activation(maps)))  # type: ignore[no-any-return]


class DoublingBlock(nn.Module):
    """Two 3x3 convolutions, the first of a map of twice the size, each with a leaky rectifier and a pixel norm.

    Args:
        inputs: Channels in.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = UpsampleConv(inputs, outputs, RectifierConv2d)
        self.conv = RectifierConv2d(outputs, outputs, 3, padding=1)
        self.activation = normed_rectifier()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, 2 H, 2 W]``."""
        return self.activation(self.conv(self.activation(self.up(x))))  # type: ignore[no-any-return]


def normed_rectifier() -> nn.Sequential:
    """Return a leaky rectifier and a pixel norm."""
    return nn.Sequential(nn.LeakyReLU(SLOPE), PixelNorm())


class HalvingBlock(nn.Module):
    """Two 3x3 convolutions, the second with means of 2x2 behind, each with a leaky rectifier.

    Means are taken before the rectifier, as in the authors' fused layer.

    Args:
        inputs: Channels in.
        hidden: Channels between.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.conv = RectifierConv2d(inputs, hidden, 3, padding=1)
        self.down = ConvPool(hidden, outputs, RectifierConv2d)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H / 2, W / 2]``."""
        return leaky_relu(self.down(leaky_relu(self.conv(x), SLOPE)), SLOPE)


class LastBlock(nn.Module):
    """From maps of the smallest size to features: the deviation in the batch, a convolution and a linear layer.

    Args:
        inputs: Channels in.
        width: Number of features.
        size: Height and width.
        group: Samples that are compared with each other.
    """

    def __init__(self, inputs: int, width: int, size: tuple[int, int], group: int) -> None:
        super().__init__()
        self.deviation = MinibatchStddev(group)
        self.conv = RectifierConv2d(inputs + 1, width, 3, padding=1)
        self.linear = EqualizedLinear(width * math.prod(size), width, gain=ROOT_2)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, *size]`` to ``[N, width]``."""
        maps = leaky_relu(self.conv(self.deviation(x)), SLOPE)
        return leaky_relu(self.linear(maps.flatten(1)), SLOPE)
