"""What the networks of BigGAN and BigGAN-deep have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from gan_lightning.components import Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import (
    SPECTRAL,
    BatchNorm2d,
    SelfAttention,
    SNConv2d,
    SNLinear,
    at_least,
    glorot_uniform,
    head,
    normal,
    orthogonal,
)
from gan_lightning_resnet.attention import attended
from gan_lightning_resnet.biggan_conditions import Conditions
from gan_lightning_resnet.biggan_plan import discriminator_plan, generator_plan
from gan_lightning_resnet.widths import DiscriminatorPlan, is_small

Initial = Literal["orthogonal", "normal", "glorot"]

_DEVIATION = 0.02
# How convolutions and linear layers begin, and how tables of classes do.
_INITIAL: dict[str, tuple[Callable[[nn.Module], None], Callable[[Tensor], Tensor]]] = {
    "orthogonal": (orthogonal, nn.init.orthogonal_),
    "normal": (partial(normal, std=_DEVIATION), partial(nn.init.normal_, std=_DEVIATION)),
    "glorot": (glorot_uniform, nn.init.xavier_uniform_),
}


def width_of(data: DataSpec, channels: int | None, large: int) -> int:
    """Return what widths are multiples of: `channels`, or where it is None the published number, `large` above 40x40.

    Raises:
        UserError: It is below 1.
    """
    at_least(1, channels=channels)
    return channels or (64 if is_small(data) else large)


class GeneratorStage(nn.Module):
    """The blocks of one resolution, and attention behind them.

    Args:
        blocks: Each with ``forward(x, condition)``.
        channels: Channels of the last block.
        attends: Whether there is attention.
    """

    def __init__(self, blocks: Sequence[nn.Module], channels: int, *, attends: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.attention = SelfAttention(channels, SPECTRAL) if attends else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` under the stage's condition to maps of twice the size."""
        for block in self.blocks:
            x = block(x, condition)
        return self.attention(x)  # type: ignore[no-any-return]


class BigGenerator(Generator):
    """Linear - stages of residual blocks, each doubling both sides - norm - ReLU - conv3 - tanh.

    Every convolution and linear layer is spectrally normalised, embeddings of classes are not. Subclasses `build` it.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: What the widths of blocks are multiples of. Images up to 40x40 have all blocks four times that wide;
            larger ones have it in the last block, and up to 16 times at lower resolutions. null: 64 up to 40x40, above
            the published 96 of BigGAN and 128 of BigGAN-deep.
        attention: Heights of maps after which there is attention. null: 64 for images that are higher than that; []:
            nowhere.
        initial: How weights begin: orthogonal, from N(0, 0.02), or Glorot uniform. Biases begin at 0.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1, or there is no map to attend to.
    """

    published_width: ClassVar[int]

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        attention: list[int] | None = None,
        initial: Initial = "orthogonal",
    ) -> None:
        super().__init__()
        del classes
        self.plan = generator_plan(data, width_of(data, channels, self.published_width))
        self.start = (self.plan.widths[0], *self.plan.start)
        self.image_channels = data.shape[0]
        heights = [self.plan.start[0] << step for step in range(1, len(self.plan.widths))]
        self.attends = attended(heights, attention, data)
        self.initial = initial

    def build(
        self,
        latent: int,
        conditions: Conditions,
        stage: Callable[[int, int], Sequence[nn.Module]],
        maps: int | None = None,
    ) -> None:
        """Make the layers.

        Args:
            latent: Length of the latent vector.
            conditions: What its parts are told.
            stage: Makes the blocks of a stage from its channels in and out.
            maps: Maps that the last convolution makes, of which the first are the image; None for no more than those.
        """
        self.latent_shape = (latent,)
        widths = self.plan.widths
        self.conditions = conditions
        self.linear = SNLinear(conditions.first, math.prod(self.start))
        self.stages = nn.ModuleList(
            GeneratorStage(stage(inputs, outputs), outputs, attends=attends)
            for inputs, outputs, attends in zip(widths[:-1], widths[1:], self.attends, strict=True)
        )
        self.norm = BatchNorm2d(widths[-1])
        self.to_image = SNConv2d(widths[-1], maps or self.image_channels, 3, padding=1)
        initialise(self, self.initial)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        first, conditions = self.conditions(latents, labels)
        maps = self.linear(first).view(-1, *self.start)
        for stage, condition in zip(self.stages, conditions, strict=True):
            maps = stage(maps, condition)
        return torch.tanh(self.to_image(relu(self.norm(maps)))[:, : self.image_channels])


class BigDiscriminator(Discriminator):
    """Residual blocks without normalisation - ReLU - sum pooling - linear, plus a projection of the label.

    Every weight is spectrally normalised. Features ``[N, D]`` of its critiques are the pooled ones. Subclasses `build`
    it.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: What the widths of blocks are multiples of. Images up to 40x40 have all blocks four times that wide;
            larger ones have it in the first layer, and up to 16 times at lower resolutions. null: 64 up to 40x40, above
            the published 96 of BigGAN and 128 of BigGAN-deep.
        attention: Heights of maps after which there is attention, each after the first stage that makes such a map.
            null: 64 for images that are higher than that; []: nowhere.
        initial: How weights begin: orthogonal, from N(0, 0.02), or Glorot uniform. Biases begin at 0.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1, or there is no map to attend to.
    """

    published_width: ClassVar[int]

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        attention: list[int] | None = None,
        initial: Initial = "orthogonal",
    ) -> None:
        super().__init__()
        self.plan = discriminator_plan(data, width_of(data, channels, self.published_width))
        self.data, self.classes = data, classes
        self.attention, self.initial = attention, initial

    def build(self, stem: Sequence[nn.Module], stages: Sequence[Sequence[nn.Module]], plan: DiscriminatorPlan) -> None:
        """Make the layers.

        Args:
            stem: What comes before the first stage.
            stages: The blocks of each stage.
            plan: Channels and halvings of the stages.
        """
        heights = [self.data.shape[1] >> sum(plan.halves[: index + 1]) for index in range(len(stages))]
        attends = attended(heights, self.attention, self.data)
        self.blocks = nn.Sequential(
            *stem,
            *(
                nn.Sequential(*blocks, *([SelfAttention(width, SPECTRAL)] if one else []))
                for blocks, width, one in zip(stages, plan.widths, attends, strict=True)
            ),
        )
        self.head = head(plan.widths[-1], self.classes, SPECTRAL)
        initialise(self, self.initial)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = relu(self.blocks(samples)).sum(dim=(2, 3))
        return Critique(self.head(features, labels), features=features)


def initialise(network: nn.Module, initial: Initial) -> None:
    """Draw all weights of a network, tables of classes included."""
    layers, tables = _INITIAL[initial]
    layers(network)
    for layer in network.modules():
        if isinstance(layer, nn.Embedding):
            tables(layer.weight)
