"""The networks of StarGAN."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import at_least, with_labels
from gan_lightning.origin import Origin
from gan_lightning_translation.norms import normalised
from gan_lightning_translation.translators import (
    SameSizeTranslator,
    refuse_classes,
    require_images,
    require_quarters,
)

STARGAN_PAPER = Origin(
    "Choi et al., StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation",
    2018,
    "1711.09020",
    descends_from=("cyclegan", "acgan", "gradient_penalty"),
)

_HALVING = {"kernel": 4, "stride": 2, "padding": 1}
_MOST_HALVINGS = 6


class StarGANGenerator(SameSizeTranslator):
    """7x7 convolution, two 4x4 of stride 2, residual blocks, two transposed ones, 7x7 (arXiv:1711.09020, table 4).

    The class wanted comes as maps of zeros and ones beside the image. ReLU and instance normalisation with scales
    follow every convolution but the last, which has tanh. Statistics are those of the image itself, in samples too.

    Args:
        data: What is generated: sides are a multiple of 4, from 8 on.
        classes: Classes that images can be translated to, 0 for none.
        channels: Width of the outermost maps.
        blocks: Residual blocks.

    Raises:
        UnsupportedShapeError: Sides are no multiple of 4, or sources have another size.
        UserError: A number is below 1.
    """

    side_multiple = 4

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, blocks: int = 6) -> None:
        super().__init__(data, 0)
        at_least(1, channels=channels, blocks=blocks)
        require_quarters(data, type(self).__name__)
        self.classes = classes
        inner = 4 * channels
        # Borders are zeros throughout: the constant maps of a class differ there alone once instances are normalised.
        self.layers = nn.Sequential(
            *_scaled(nn.Conv2d, self.latent_shape[0] + classes, channels, kernel=7, padding=3),
            *_scaled(nn.Conv2d, channels, 2 * channels, **_HALVING),
            *_scaled(nn.Conv2d, 2 * channels, inner, **_HALVING),
            *(ZeroPaddedBlock(inner) for _ in range(blocks)),
            *_scaled(nn.ConvTranspose2d, inner, 2 * channels, **_HALVING),
            *_scaled(nn.ConvTranspose2d, 2 * channels, channels, **_HALVING),
            nn.Conv2d(channels, data.shape[0], 7, padding=3, bias=False),
            nn.Tanh(),
        )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images ``[N, C, H, W]`` and the classes wanted ``[N]`` to images ``[N, C', H, W]`` in [-1, 1]."""
        made: Tensor = self.layers(with_labels(latents, labels, self.classes))
        return made


class ZeroPaddedBlock(nn.Module):
    """x + two 3x3 convolutions with instance normalisation, a ReLU between them.

    Args:
        width: Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = (_scaled(nn.Conv2d, width, width, kernel=3, padding=1) for _ in range(2))
        self.layers = nn.Sequential(*first, *second[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, width, H, W]`` to as much."""
        return x + self.layers(x)  # type: ignore[no-any-return]


class StarGANDiscriminator(Discriminator):
    """4x4 convolutions of stride 2 without normalisation, and logits of patches (arXiv:1711.09020, table 5).

    Leaky ReLU of 0.01. Logits are ``[N, 1, h, w]``. Features of its critiques ``[N, D]`` are the whole last hidden map,
    so that a linear layer on them is the paper's classifier, a convolution as large as the map.

    Args:
        data: What is judged: images with sides of 4 or more.
        classes: Must be 0.
        channels: Width of the first layer; it doubles with every layer.
        layers: Halvings; None for as many as leave 2x2, up to the paper's 6, which are those for 128x128.

    Raises:
        UnsupportedShapeError: The images have no room for so many halvings, or are none.
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64, layers: int | None = None) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        at_least(1, channels=channels, layers=layers)
        widths = [data.shape[0], *(channels * 2**layer for layer in range(_halvings(data, layers)))]
        self.layers = nn.Sequential()
        for inputs, outputs in pairwise(widths):
            self.layers.extend([nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.01)])
        self.last = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``; logits are ``[N, 1, h, w]``."""
        del labels
        maps = self.layers(samples)
        return Critique(self.last(maps), features=maps.flatten(1))


STARGAN = Architecture({"generator": StarGANGenerator, "discriminator": StarGANDiscriminator}, STARGAN_PAPER)


def _scaled(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], inputs: int, outputs: int, kernel: int, **sizes: int
) -> list[nn.Module]:
    """Return a convolution, instance normalisation with scales, and ReLU."""
    return normalised(kind, inputs, outputs, "instance_affine", kernel, **sizes)


def _halvings(data: DataSpec, wanted: int | None) -> int:
    """Return how often sides are halved; those asked for must leave a pixel."""
    side = min(data.shape[1:])
    count = wanted or min(_MOST_HALVINGS, side.bit_length() - 2)
    if count < 1 or side >> count < 1:
        raise UnsupportedShapeError(
            f"architecture.discriminator.layers: images of {data.shape[1]}x{data.shape[2]} have no room for "
            f"{max(1, count)} halvings; expected sides of 4 or more, and fewer halvings"
        )
    return count
