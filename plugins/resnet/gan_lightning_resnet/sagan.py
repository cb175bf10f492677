"""SAGAN: residual networks that look at their own maps from one place to all others."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SPECTRAL, SelfAttention, glorot_uniform
from gan_lightning.origin import Origin
from gan_lightning_resnet.attention import attended
from gan_lightning_resnet.networks import ResidualDiscriminator, ResidualGenerator
from gan_lightning_resnet.widths import discriminator_plan, generator_plan


class AttendingUpBlock(nn.Module):
    """A block of a generator, and attention to what it makes.

    Args:
        block: The block, with ``forward(x, labels)``.
        attention: The attention.
    """

    def __init__(self, block: nn.Module, attention: SelfAttention) -> None:
        super().__init__()
        self.block = block
        self.attention = attention

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map ``[N, C, H, W]`` and labels ``[N]`` as the block does."""
        return self.attention(self.block(x, labels))  # type: ignore[no-any-return]


class SAGANGenerator(ResidualGenerator):
    """The generator of SAGAN (arXiv:1805.08318): SNGAN's, spectrally normalised too, and with self-attention.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        attention: Heights of maps behind which there is attention. null: the map of the middle block, which is 32x32 in
            images of 128x128 as published; []: nowhere.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1, or there is no map of such a height.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        latent: int = 128,
        attention: list[int] | None = None,
    ) -> None:
        super().__init__(data, classes, channels=channels, latent=latent, normalization="batch", layers=SPECTRAL)
        plan = generator_plan(data, channels, self.small_width)
        sizes = [(plan.start[0] << step, plan.start[1] << step) for step in range(1, len(plan.widths))]
        for index in _attending(sizes, attention, (len(sizes) - 1) // 2, data):
            made = self.attend(plan.widths[index + 1], sizes[index])
            glorot_uniform(made)
            self.blocks[index] = AttendingUpBlock(self.blocks[index], made)

    def attend(self, channels: int, size: tuple[int, int]) -> SelfAttention:
        """Return the attention for a map of so many channels, height and width."""
        del size
        return SelfAttention(channels, SPECTRAL)


class SAGANDiscriminator(ResidualDiscriminator):
    """The discriminator of SAGAN (arXiv:1805.08318): SNGAN's with self-attention; with classes, by projection.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        attention: Heights of maps behind which there is attention, each behind the first block that makes such a map.
            null: the map of the second block, which is 32x32 in images of 128x128 as published; []: nowhere.
        wide: Whether every block is as wide inside as its output, as the authors have it, and not as its input, as
            SNGAN has it.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1, or there is no map of such a height.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        attention: list[int] | None = None,
        wide: bool = True,
    ) -> None:
        super().__init__(
            data,
            classes,
            channels=channels,
            wide=wide,
            first_hidden=None,
            spectral=True,
            final_bias=True,
            pool="sum",
        )
        plan = discriminator_plan(data, channels, self.small_width)
        halvings = [sum(plan.halves[: index + 1]) for index in range(len(plan.halves))]
        sizes = [(data.shape[1] >> count, data.shape[2] >> count) for count in halvings]
        for index in _attending(sizes, attention, 1, data):
            made = self.attend(plan.widths[index], sizes[index])
            glorot_uniform(made)
            self.blocks[index] = nn.Sequential(self.blocks[index], made)

    def attend(self, channels: int, size: tuple[int, int]) -> SelfAttention:
        """Return the attention for a map of so many channels, height and width."""
        del size
        return SelfAttention(channels, SPECTRAL)


def _attending(sizes: Sequence[tuple[int, int]], wanted: list[int] | None, default: int, data: DataSpec) -> list[int]:
    """Return the indices of the blocks behind which there is attention.

    Raises:
        UserError: No map has a wanted height.
    """
    heights = [height for height, _ in sizes]
    found = attended(heights, [heights[default]] if wanted is None else wanted, data)
    return [index for index, one in enumerate(found) if one]


SAGAN = Architecture(
    {"generator": SAGANGenerator, "discriminator": SAGANDiscriminator},
    Origin(
        "Zhang et al., Self-Attention Generative Adversarial Networks",
        2018,
        "1805.08318",
        descends_from=("sngan",),
        cures=("image quality", "stability"),
    ),
)
