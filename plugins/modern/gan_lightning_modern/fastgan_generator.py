"""The generator of FastGAN, in the form that Projected GAN made known."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import glu, rms_norm

from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SNConv2d, at_least, batch_norm, doublings, normal
from gan_lightning_modern.gated import ExcitedBlocks, FirstMap, GatedUpBlock

# Width of each map, the smallest first, in parts of that of the 128 pixel one.
_WIDTHS = (16.0, 8.0, 4.0, 2.0, 2.0, 1.0, 0.5, 0.25, 0.125)
_SPAN = 4
_MOST_SKIPS = 4


class FastGANGenerator(Generator):
    """Latent - 4x4 map - gated blocks, each doubling both sides - conv3; small maps scale the channels of large ones.

    Every convolution is spectrally normalised, every map batch normalised, class by class where there are classes.
    A map speaks to the one four doublings further on: 4x4 to 64x64, 8x8 to 128x128, 16x16 to 256x256, 32x32 to
    512x512. Images below 128x128, which the published code cannot make, have two such skips nonetheless: each spans one
    doubling less than there are.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the map of 128x128; 2, 2, 4, 8, 16 times that below, and half with each doubling above.
        latent: Length of the latent vector.
        tanh: Whether a tanh keeps images in [-1, 1].
        normalize: Whether latents are divided by the root of their mean square.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 128,
        latent: int = 256,
        tanh: bool = True,
        normalize: bool = False,
    ) -> None:
        super().__init__()
        at_least(1, channels=channels, latent=latent)
        steps = doublings(data)[0]
        self.latent_shape, self.bounded, self.normalize = (latent,), tanh, normalize
        widths = [max(1, int(channels * _WIDTHS[min(level, len(_WIDTHS) - 1)])) for level in range(steps + 1)]
        norm = batch_norm(classes)
        start = (data.shape[1] >> steps, data.shape[2] >> steps)
        self.first = FirstMap(latent, 2 * widths[0], start)
        self.first_norm = norm(2 * widths[0])
        blocks = [GatedUpBlock(inputs, outputs, norm) for inputs, outputs in pairwise(widths)]
        self.blocks = ExcitedBlocks(blocks, widths, span=max(1, min(_SPAN, steps - 1)), most=_MOST_SKIPS)
        self.to_image = SNConv2d(widths[-1], data.shape[0], 3, padding=1)
        normal(self, std=0.02)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]``."""
        if self.normalize:
            latents = rms_norm(latents, self.latent_shape, eps=1e-8)
        first = glu(self.first_norm(self.first(latents), labels), dim=1)
        image: Tensor = self.to_image(self.blocks(first, labels)[-1])
        return torch.tanh(image) if self.bounded else image
