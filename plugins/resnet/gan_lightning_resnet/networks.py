"""The residual generator and discriminator that this family's architectures are settings of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from gan_lightning.components import Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import (
    PLAIN,
    SPECTRAL,
    DownBlock,
    FirstDownBlock,
    LayerSet,
    PlainBlock,
    Unnormalized,
    UpBlock,
    at_least,
    batch_norm,
    glorot_uniform,
    head,
)
from gan_lightning_resnet.widths import discriminator_plan, generator_plan

Normalization = Literal["batch", "none"]
Pool = Literal["sum", "mean"]

_NORMS: dict[str, Callable[[int], Callable[[int], nn.Module]]] = {
    "batch": batch_norm,
    "none": lambda classes: Unnormalized,
}
_POOLS: dict[str, Callable[[Tensor], Tensor]] = {
    "sum": lambda maps: maps.sum(dim=(2, 3)),
    "mean": lambda maps: maps.mean(dim=(2, 3)),
}
_BLOCKS = {True: DownBlock, False: PlainBlock}


class ResidualGenerator(Generator):
    """Latent - linear - residual blocks, each doubling both sides - norm - ReLU - conv3 - tanh.

    With classes, the normalisations in the blocks are class-conditional, the last one is not. Weights are Glorot
    uniform, with a gain of sqrt(2) for the 3x3 convolutions of the blocks.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last block. Images up to 40x40 have all blocks that wide; larger ones have wider blocks
            at lower resolutions, up to 16 times. null: the published width.
        latent: Length of the latent vector.
        normalization: Batch normalisation in every block, or none (which needs no classes).
        layers: Plain or spectrally normalised.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1, or there are classes but no normalisation that could tell them.
    """

    small_width: ClassVar[int] = 256

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None,
        latent: int,
        normalization: Normalization,
        layers: LayerSet = PLAIN,
    ) -> None:
        super().__init__()
        if classes and normalization == "none":
            raise UserError("normalization: the classes act through it; expected 'batch', got 'none'")
        at_least(1, channels=channels, latent=latent)
        plan = generator_plan(data, channels, self.small_width)
        norm = _NORMS[normalization](classes)
        self.latent_shape = (latent,)
        self.start = (plan.widths[0], *plan.start)
        self.linear = layers.linear(latent, math.prod(self.start))
        self.blocks = nn.ModuleList(
            UpBlock(inputs, outputs, norm=norm, convolution=layers.convolution)
            for inputs, outputs in zip(plan.widths[:-1], plan.widths[1:], strict=True)
        )
        self.norm = _NORMS[normalization](0)(plan.widths[-1])
        self.to_image = layers.convolution(plan.widths[-1], data.shape[0], 3, padding=1)
        _initialise(self, self.blocks)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        maps = self.linear(latents).view(-1, *self.start)
        for block in self.blocks:
            maps = block(maps, labels)
        return torch.tanh(self.to_image(relu(self.norm(maps))))


class ResidualDiscriminator(Discriminator):
    """Residual blocks without normalisation - ReLU - pool - linear, plus a projection of the label if there are any.

    Features ``[N, D]`` of its critiques are the pooled ones. Weights are Glorot uniform, with a gain of sqrt(2) for the
    3x3 convolutions of the blocks.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the first block. Images up to 40x40 have all blocks that wide; larger ones have wider blocks
            at lower resolutions, up to 16 times. null: the published width.
        first_hidden: Width inside the first block. null: as wide as its output, as the authors have it; BigGAN's code
            has the image's channels there.
        spectral: Whether all weights are spectrally normalised.
        final_bias: Whether the logit has a bias.
        pool: Whether features are sums or means over the last maps.
        wide: Whether every block is as wide inside as its output, and not as its input.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    small_width: ClassVar[int] = 128

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None,
        first_hidden: int | None,
        spectral: bool,
        final_bias: bool,
        pool: Pool,
        wide: bool = False,
    ) -> None:
        super().__init__()
        at_least(1, channels=channels, first_hidden=first_hidden)
        plan = discriminator_plan(data, channels, self.small_width)
        layers = SPECTRAL if spectral else PLAIN
        first, *rest = plan.widths
        convolution = layers.convolution
        self.blocks = nn.Sequential(
            FirstDownBlock(data.shape[0], first, hidden=first_hidden, convolution=convolution),
            *(
                _BLOCKS[halves](inputs, outputs, hidden=outputs if wide else inputs, convolution=convolution)
                for inputs, outputs, halves in zip(plan.widths[:-1], rest, plan.halves[1:], strict=True)
            ),
        )
        self.pool = pool
        self.head = head(plan.widths[-1], classes, layers, bias=final_bias)
        _initialise(self, self.blocks)
        for table in (layer for layer in self.head.modules() if isinstance(layer, nn.Embedding)):
            nn.init.xavier_uniform_(table.weight)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = _POOLS[self.pool](relu(self.blocks(samples)))
        return Critique(self.head(features, labels), features=features)


def _initialise(network: nn.Module, blocks: nn.Module) -> None:
    glorot_uniform(network)
    for block in blocks.children():
        glorot_uniform(block.convolutions, gain=math.sqrt(2))  # type: ignore[arg-type]
