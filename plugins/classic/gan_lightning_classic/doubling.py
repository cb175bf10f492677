"""Generators that double a small map to the image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn

from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, with_labels
from gan_lightning_classic.strided import doubled, initialise, widths_of


class DoublingGenerator(Generator):
    """First layers of its own, then transposed convolutions of stride 2; weights begin at N(0, 0.02).

    The first layers make a map of 3 to 7 pixels a side (4x4 for images of 32, 64 and 128). A class is read as a one-hot
    vector beside the latent.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Width of the last hidden map; the width doubles with every halving, up to 16 times this.
        latent: Length of the latent vector.

    Attributes:
        kernel: Side of the kernels.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    kernel: ClassVar[int] = 4

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, latent: int = 100) -> None:
        super().__init__()
        widths, start = widths_of(data, channels)
        widths.reverse()
        at_least(1, latent=latent)
        self.latent_shape = (latent,)
        self.classes = classes
        first = self.first(latent + classes, widths[0], start)
        self.layers = nn.Sequential(*first, *doubled(widths, data.shape[0], self.kernel))
        initialise(self)

    @abstractmethod
    def first(self, inputs: int, width: int, start: tuple[int, int]) -> Iterable[nn.Module]:
        """Return layers from ``[N, inputs]`` to maps ``[N, width, *start]``."""

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]`` in [-1, 1]."""
        return self.layers(with_labels(latents, labels, self.classes))  # type: ignore[no-any-return]
