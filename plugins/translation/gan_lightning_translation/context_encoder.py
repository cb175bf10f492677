"""The networks of the context encoder."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, doublings
from gan_lightning.origin import Origin
from gan_lightning_translation.filling import Filling
from gan_lightning_translation.norms import initialise
from gan_lightning_translation.translators import refuse_classes, require_images

_WIDEST = 8


class ContextEncoder(Filling):
    """4x4 convolutions of stride 2 to a small map, a bottleneck without any place in it, and back (arXiv:1604.07379).

    Batch normalisation and leaky ReLU of 0.2 on the way down, ReLU on the way up, tanh at the end. Widths are 1, 1, 2,
    4, 8, 8... times `channels`. It makes the whole image, of one size; the published one for 128x128 makes the middle
    64x64.

    Args:
        data: What is generated, and its partner: sides are 3 to 7 times one power of 2.
        classes: Must be 0.
        channels: Width of the largest map.
        bottleneck: Length of the vector in the middle.

    Raises:
        UnsupportedShapeError: Halving does not lead to a small map, or sources have another size.
        UserError: A number is below 1.
    """

    side_multiple = None

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, bottleneck: int = 4000) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels, bottleneck=bottleneck)
        steps = doublings(data)[0]
        start = data.shape[1] >> steps, data.shape[2] >> steps
        widths = [channels * min(2 ** max(step - 1, 0), _WIDEST) for step in range(steps)]
        down: list[nn.Module] = [nn.Conv2d(self.latent_shape[0], widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        up: list[nn.Module] = []
        for outer, inner in pairwise(widths):
            down += [nn.Conv2d(outer, inner, 4, 2, 1, bias=False), nn.BatchNorm2d(inner), nn.LeakyReLU(0.2)]
            up = [nn.ConvTranspose2d(inner, outer, 4, 2, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(), *up]
        middle = [nn.Conv2d(widths[-1], bottleneck, start, bias=False), nn.BatchNorm2d(bottleneck), nn.LeakyReLU(0.2)]
        opened = nn.ConvTranspose2d(bottleneck, widths[-1], start, bias=False)
        last = nn.ConvTranspose2d(widths[0], data.shape[0], 4, 2, 1)
        self.layers = nn.Sequential(*down, *middle, opened, nn.BatchNorm2d(widths[-1]), nn.ReLU(), *up, last, nn.Tanh())
        initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images with holes ``[N, C + 1, H, W]`` to whole ones ``[N, C, H, W]`` in [-1, 1]."""
        del labels
        made: Tensor = self.layers(latents)
        return made


class ContextDiscriminator(Discriminator):
    """4x4 convolutions of stride 2, batch normalisation but in the first, one convolution to a logit.

    It is shown the whole image; the published one sees the middle 64x64. Features ``[N, D]`` of its critiques are the
    last map.

    Args:
        data: What is judged: sides are 3 to 7 times one power of 2.
        classes: Must be 0.
        channels: Width of the first layer; it doubles with every layer, up to 8 times.

    Raises:
        UnsupportedShapeError: Halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        at_least(1, channels=channels)
        steps = doublings(data)[0]
        widths = [channels * min(2**step, _WIDEST) for step in range(steps)]
        self.layers = nn.Sequential(nn.Conv2d(data.shape[0], widths[0], 4, 2, 1), nn.LeakyReLU(0.2))
        for before, after in pairwise(widths):
            convolution = nn.Conv2d(before, after, 4, 2, 1, bias=False)
            self.layers.extend([convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2)])
        self.last = nn.Conv2d(widths[-1], 1, (data.shape[1] >> steps, data.shape[2] >> steps))
        initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``; logits are ``[N]``."""
        del labels
        maps = self.layers(samples)
        return Critique(self.last(maps).flatten(), features=maps.flatten(1))


CONTEXT_ENCODER_PAPER = Origin(
    "Pathak et al., Context Encoders: Feature Learning by Inpainting", 2016, "1604.07379", descends_from=("dcgan",)
)

CONTEXT_ENCODER = Architecture(
    {"generator": ContextEncoder, "discriminator": ContextDiscriminator}, CONTEXT_ENCODER_PAPER
)
