"""The discriminator of one identity."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import SelfAttention, at_least
from gan_lightning_faces.blocks import halvings, he_normal, refuse_classes

_WIDEST = 4


class FaceDiscriminator(Discriminator):
    """4x4 convolutions of stride 2 and leaky ReLUs of 0.2 to a map of 8x8, and one to a logit for each place.

    At 64x64 widths are 64, 128, 256. Logits are ``[N, 1, 8, 8]``; features of its critiques the means of the last map.

    Args:
        data: What is judged: square images of 8, 16, 32, 64... pixels a side.
        classes: Must be 0.
        channels: Width of the first map; each is twice as wide as the one before, up to 4 times.

    Attributes:
        attends: Whether a self-attention layer follows the last halving.

    Raises:
        UnsupportedShapeError: The data are of another size.
        UserError: A number is below 1, or there are classes.
    """

    attends: ClassVar[bool] = False

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        refuse_classes(classes)
        at_least(1, channels=channels)
        widths = [channels * min(2**level, _WIDEST) for level in range(max(1, halvings(data) - 1))]
        layers: list[nn.Module] = []
        for before, after in pairwise([data.shape[0], *widths]):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
        if self.attends:
            layers.append(SelfAttention(widths[-1]))
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(widths[-1], 1, 4))
        he_normal(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``; logits are ``[N, 1, h, w]``."""
        del labels
        maps = self.layers(samples)
        return Critique(self.last(maps), features=maps.mean((2, 3)))


class AttendingFaceDiscriminator(FaceDiscriminator):
    """`FaceDiscriminator` with self-attention."""

    attends: ClassVar[bool] = True
