"""BigGAN: wide residual networks, a latent vector that reaches every block, one embedding of the classes for all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from torch import nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import DownBlock, FirstDownBlock, PlainBlock, SNConv2d, UpBlock, at_least
from gan_lightning.origin import Origin
from gan_lightning_resnet.biggan_conditions import ClassesOnly, ClassTables, Conditions, SplitLatents
from gan_lightning_resnet.biggan_networks import BigDiscriminator, BigGenerator

_PUBLISHED_PIECE = 20
_PUBLISHED_WHOLE = 128
_BLOCKS = {True: DownBlock, False: PlainBlock}


class BigGANGenerator(BigGenerator):
    """The generator of BigGAN (arXiv:1809.11096, appendix B, figure 15).

    The latent vector is cut into pieces, one for the first layer and one for each block, where it is joined to a vector
    of the class that all blocks share; the block's normalisations take gain 1 + W c and shift V c from the two.
    Without classes they take them from the piece of the latent vector alone.

    Args:
        latent: Length of the latent vector, in equal pieces. null: 20 for each piece, or 128 if it is not cut.
        hierarchical: Whether the latent vector is cut into pieces. Else it is for the first layer, the blocks are told
            of the class alone, and are without classes plainly normalised.
        shared: Length of the vector of a class. null: each normalisation has a gain and a shift for each class instead,
            as the authors' script for CIFAR has; then `hierarchical` must be false.

    Raises:
        UserError: The latent vector cannot be cut, or stands beside no shared vector.
    """

    published_width = 96

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        latent: int | None = None,
        hierarchical: bool = True,
        shared: int | None = 128,
        **options: Any,
    ) -> None:
        super().__init__(data, classes, **options)
        at_least(1, latent=latent, shared=shared)
        stages = len(self.plan.widths) - 1
        length = latent or ((stages + 1) * _PUBLISHED_PIECE if hierarchical else _PUBLISHED_WHOLE)
        conditions = _conditions(classes, length, stages, shared, hierarchical=hierarchical)
        block = partial(UpBlock, norm=conditions.norm, convolution=SNConv2d)
        self.build(length, conditions, lambda inputs, outputs: [block(inputs, outputs)])


class BigGANDiscriminator(BigDiscriminator):
    """The discriminator of BigGAN (arXiv:1809.11096, appendix B, figure 15): each block as wide inside as its output.

    Args:
        bare_shortcuts: Whether the shortcut of a block that halves and keeps its width is pooling alone, as in Google's
            compare_gan, and not pooling and a convolution, as in the PyTorch code of the first author.
    """

    published_width = 96

    def __init__(self, data: DataSpec, classes: int, *, bare_shortcuts: bool = False, **options: Any) -> None:
        super().__init__(data, classes, **options)
        plan = self.plan
        first, *rest = plan.widths
        stages: list[Sequence[nn.Module]] = [[FirstDownBlock(data.shape[0], first, convolution=SNConv2d)]]
        stages += (
            [_BLOCKS[halves](inputs, outputs, hidden=outputs, convolution=SNConv2d)]
            for inputs, outputs, halves in zip(plan.widths[:-1], rest, plan.halves[1:], strict=True)
        )
        if bare_shortcuts:
            _bare(stages)
        self.build([], stages, plan)


def _bare(stages: Sequence[Sequence[nn.Module]]) -> None:
    for (block,) in stages:
        if isinstance(block, DownBlock) and block.shortcut[1].in_channels == block.shortcut[1].out_channels:
            block.shortcut = nn.Sequential(nn.AvgPool2d(2))


def _conditions(classes: int, latent: int, stages: int, shared: int | None, *, hierarchical: bool) -> Conditions:
    if hierarchical:
        if classes and shared is None:
            raise UserError("shared: pieces of the latent vector stand beside a shared vector; expected its length")
        return SplitLatents(classes, shared or 1, latent, stages)
    if classes and shared is None:
        return ClassTables(classes, latent, stages)
    return ClassesOnly(classes, shared or 1, latent, stages)


BigGAN = Architecture(
    {"generator": BigGANGenerator, "discriminator": BigGANDiscriminator},
    Origin(
        "Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        2018,
        "1809.11096",
        descends_from=("sagan",),
        cures=("image quality", "mode diversity", "stability"),
    ),
)
