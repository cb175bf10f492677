"""YLG: SAGAN with sparse attention that keeps to the neighbourhood in two dimensions."""

from __future__ import annotations

from typing import Any

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SPECTRAL, SelfAttention
from gan_lightning.origin import Origin
from gan_lightning_resnet.sagan import SAGANDiscriminator, SAGANGenerator
from gan_lightning_resnet.sparse_masks import HEADS, Queries, head_masks


class YLGGenerator(SAGANGenerator):
    """The generator of YLG (arXiv:1911.12287): SAGAN's with eight heads of sparse attention.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        queries: How a query, of which there are four to a key, chooses a key's mask: "repeated" as the authors' code
            does, row by row over and over; "nearest" that of the key that covers it.
    """

    def __init__(self, data: DataSpec, classes: int, *, queries: Queries = "repeated", **options: Any) -> None:
        self.queries: Queries = queries  # the base asks for attention while it builds
        super().__init__(data, classes, **options)

    def attend(self, channels: int, size: tuple[int, int]) -> SelfAttention:
        """Return the attention for a map of so many channels, height and width."""
        return _sparse(channels, size, self.queries)


class YLGDiscriminator(SAGANDiscriminator):
    """The discriminator of YLG (arXiv:1911.12287): SAGAN's with eight heads of sparse attention.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        queries: How a query chooses a key's mask; see the generator.
    """

    def __init__(self, data: DataSpec, classes: int, *, queries: Queries = "repeated", **options: Any) -> None:
        self.queries: Queries = queries
        super().__init__(data, classes, **options)

    def attend(self, channels: int, size: tuple[int, int]) -> SelfAttention:
        """Return the attention for a map of so many channels, height and width."""
        return _sparse(channels, size, self.queries)


def _sparse(channels: int, size: tuple[int, int], queries: Queries) -> SelfAttention:
    return SelfAttention(channels, SPECTRAL, heads=len(HEADS), mask=head_masks(*size, queries))


YLG = Architecture(
    {"generator": YLGGenerator, "discriminator": YLGDiscriminator},
    Origin(
        "Daras et al., Your Local GAN: Designing Two Dimensional Local Attention Mechanisms for Generative Models",
        2019,
        "1911.12287",
        descends_from=("sagan",),
        cures=("image quality",),
    ),
)
