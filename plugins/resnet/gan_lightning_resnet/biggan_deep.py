"""BigGAN-deep: twice the blocks with bottlenecks in them, and the whole latent vector for every block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SNConv2d, at_least
from gan_lightning.origin import Origin
from gan_lightning_resnet.biggan_conditions import WholeLatents
from gan_lightning_resnet.biggan_networks import BigDiscriminator, BigGenerator
from gan_lightning_resnet.bottleneck import BottleneckDownBlock, BottleneckUpBlock
from gan_lightning_resnet.widths import DiscriminatorPlan


class BigGANDeepGenerator(BigGenerator):
    """The generator of BigGAN-deep (arXiv:1809.11096, appendix B, figure 16).

    The latent vector and the vector of the class, joined, go to the first layer and to all normalisations, which take
    gain 1 + W c and shift V c from them. Without classes it is the latent vector alone.

    Args:
        latent: Length of the latent vector.
        shared: Length of the vector of a class.
        depth: Blocks of a resolution; the last one doubles both sides.
        maps: Maps that the last convolution makes, of which the first are the image. null: no more than those; networks
            that the authors released have as many as channels of the last block.
    """

    published_width = 128

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        latent: int = 128,
        shared: int = 128,
        depth: int = 2,
        maps: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(data, classes, **options)
        at_least(1, depth=depth)
        at_least(data.shape[0], maps=maps)
        conditions = WholeLatents(classes, shared, latent, len(self.plan.widths) - 1)

        def stage(inputs: int, outputs: int) -> list[nn.Module]:
            kept = [BottleneckUpBlock(inputs, inputs, conditions.norm, doubles=False) for _ in range(depth - 1)]
            return [*kept, BottleneckUpBlock(inputs, outputs, conditions.norm, doubles=True)]

        self.build(latent, conditions, stage, maps)


class BigGANDeepDiscriminator(BigDiscriminator):
    """The discriminator of BigGAN-deep (arXiv:1809.11096, appendix B, figure 16): a convolution, then stages of blocks.

    Features are sums over the last maps, as in the PyTorch code of the first author.

    Args:
        depth: Blocks of a stage; the first one halves both sides.
    """

    published_width = 128

    def __init__(self, data: DataSpec, classes: int, *, depth: int = 2, **options: Any) -> None:
        super().__init__(data, classes, **options)
        at_least(1, depth=depth)
        first, *widths = self.plan.widths
        plan = DiscriminatorPlan(tuple(widths), self.plan.halves[:-1])
        pairs = zip(self.plan.widths[:-1], plan.widths, plan.halves, strict=True)
        stages = [_stage(inputs, outputs, depth, halves=halves) for inputs, outputs, halves in pairs]
        self.build([SNConv2d(data.shape[0], first, 3, padding=1)], stages, plan)


def _stage(inputs: int, outputs: int, depth: int, *, halves: bool) -> Sequence[nn.Module]:
    kept = [BottleneckDownBlock(outputs, outputs, halves=False) for _ in range(depth - 1)]
    return [BottleneckDownBlock(inputs, outputs, halves=halves), *kept]


BigGANDeep = Architecture(
    {"generator": BigGANDeepGenerator, "discriminator": BigGANDeepDiscriminator},
    Origin(
        "Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        2018,
        "1809.11096",
        descends_from=("biggan",),
        cures=("image quality",),
    ),
)
