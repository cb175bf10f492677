"""The encoder that both identities share."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SelfAttention, at_least
from gan_lightning_faces.blocks import START, doubling, halving, halvings, he_normal, refuse_classes

_WIDEST = 8


class FaceEncoder(nn.Module):
    """5x5 convolutions of stride 2 to 4x4, two linear layers, and one doubling: what a face does, not whose it is.

    At 64x64 widths are 128, 256, 512, 1024; the linear layers lead through 1024 numbers and back to 4x4, and the codes
    are ``[N, 512, 8, 8]``. Other sizes halve as often as it takes, no map being wider than the fourth.

    Args:
        data: Square images of 8, 16, 32, 64... pixels a side.
        classes: Must be 0.
        channels: Width of the first map; each is twice as wide as the one before, up to 8 times.
        hidden: Numbers between the linear layers.

    Attributes:
        width: Channels of the codes, 4 times `channels`.

    Raises:
        UnsupportedShapeError: The data are of another size.
        UserError: A number is below 1, or there are classes.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 128, hidden: int = 1024) -> None:
        super().__init__()
        refuse_classes(classes)
        at_least(1, channels=channels, hidden=hidden)
        widths = [channels * min(2**level, _WIDEST) for level in range(halvings(data))]
        self.width = 4 * channels
        self.down = self.halved(data.shape[0], widths)
        inner = _WIDEST * channels
        self.inner = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * START**2, hidden),
            nn.Linear(hidden, inner * START**2),
            nn.Unflatten(1, (inner, START, START)),
        )
        self.up = doubling(inner, self.width)
        he_normal(self)

    def halved(self, inputs: int, widths: list[int]) -> nn.Sequential:
        """Return what maps images to the innermost map, of so many channels after each halving."""
        return nn.Sequential(*(halving(before, after, 5) for before, after in pairwise([inputs, *widths])))

    def forward(self, images: Tensor) -> Tensor:
        """Map images ``[N, C, H, W]`` in [-1, 1] to codes ``[N, width, 8, 8]``."""
        codes: Tensor = self.up(self.inner(self.down(images)))
        return codes


class AttendingFaceEncoder(FaceEncoder):
    """A 5x5 convolution of stride 1, 3x3 ones of stride 2, and self-attention on the 16x16 and 8x8 maps.

    At 64x64 widths are 64, then 128, 256, 512, 1024 behind the halvings.
    """

    def halved(self, inputs: int, widths: list[int]) -> nn.Sequential:
        """Return what maps images to the innermost map; see `FaceEncoder.halved`."""
        first = max(1, widths[0] // 2)
        layers: list[nn.Module] = [nn.Conv2d(inputs, first, 5, 1, 2)]
        for level, (before, after) in enumerate(pairwise([first, *widths])):
            layers.append(halving(before, after, 3))
            if 1 <= len(widths) - 1 - level <= 2:
                layers.append(SelfAttention(after))
        return nn.Sequential(*layers)
