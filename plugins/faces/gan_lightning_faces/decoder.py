"""The decoder of one identity."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SelfAttention, at_least
from gan_lightning_faces.blocks import Residual, doubling, halvings, he_normal, refuse_classes
from gan_lightning_faces.face import Face


class FaceDecoder(nn.Module):
    """Doublings from codes to a face of one identity, and two 5x5 convolutions: its colours and its mask.

    At 64x64 widths are 256, 128, 64; no map is narrower than half of `channels`.

    Args:
        data: Square images of 8, 16, 32, 64... pixels a side.
        classes: Must be 0.
        channels: As of the encoder, whose codes have 4 times as many.
        mask: Whether there is a mask; without, the face covers all of the image.

    Attributes:
        width: Channels of the codes.

    Raises:
        UnsupportedShapeError: The data are of another size.
        UserError: A number is below 1, or there are classes.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 128, mask: bool = True) -> None:
        super().__init__()
        refuse_classes(classes)
        at_least(1, channels=channels)
        self.width = 4 * channels
        least = max(1, channels // 2)
        widths = [max(self.width >> level, least) for level in range(halvings(data))]
        self.up = self.doubled(widths)
        self.colours = nn.Conv2d(widths[-1], data.shape[0], 5, 1, 2)
        self.mask = nn.Conv2d(widths[-1], 1, 5, 1, 2) if mask else None
        he_normal(self)

    def doubled(self, widths: list[int]) -> nn.Sequential:
        """Return what maps codes to the outermost map, of so many channels before and after each doubling."""
        return nn.Sequential(*(doubling(before, after) for before, after in pairwise(widths)))

    def forward(self, codes: Tensor) -> Face:
        """Map codes ``[N, width, 8, 8]`` to a face: colours ``[N, C, H, W]``, mask ``[N, 1, H, W]``."""
        maps = self.up(codes)
        return Face(self.colours(maps).tanh(), None if self.mask is None else self.mask(maps).sigmoid())


class AttendingFaceDecoder(FaceDecoder):
    """`FaceDecoder` with self-attention before the last doubling, and a residual block and self-attention behind it."""

    def doubled(self, widths: list[int]) -> nn.Sequential:
        """Return what maps codes to the outermost map; see `FaceDecoder.doubled`."""
        layers = list(super().doubled(widths))
        layers.insert(max(0, len(layers) - 1), SelfAttention(widths[max(0, len(widths) - 2)]))
        return nn.Sequential(*layers, Residual(widths[-1]), SelfAttention(widths[-1]))
