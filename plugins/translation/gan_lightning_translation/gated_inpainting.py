"""A small network of gated convolutions, and a discriminator of patches, for holes of any form."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import elu, interpolate, leaky_relu

from gan_lightning.components import Architecture, Discriminator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import SNConv2d, at_least
from gan_lightning.origin import Origin
from gan_lightning_translation.filling import Filling
from gan_lightning_translation.translators import refuse_classes, require_images

_PATCH_WIDTHS = (1, 2, 4, 4, 4, 4)


class GatedConv2d(nn.Conv2d):
    """A convolution whose output is multiplied by a sigmoid of another one (arXiv:1806.03589, equation 3).

    So a layer learns for each place and channel whether what is there is known.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Side of the kernels; the size stays but for the stride.
        options: Of `torch.nn.Conv2d`, such as stride and dilation.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, **options: Any) -> None:
        padding = options.get("dilation", 1) * (kernel // 2)
        super().__init__(inputs, 2 * outputs, kernel, padding=padding, **options)

    def forward(self, input: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, ...]``."""
        values, gates = super().forward(input).chunk(2, dim=1)
        return elu(values) * gates.sigmoid()


class GatedGenerator(Filling):
    """Two halvings, dilated convolutions, two doublings, all gated (Yu et al. 2018, arXiv:1806.03589, section 3.2).

    That is the paper's first network; the second, which goes over its image with contextual attention, is left out.

    Args:
        data: What is generated, and its partner: sides are a multiple of 4.
        classes: Must be 0.
        channels: Width of the outermost maps.
        dilations: Dilations of the inner convolutions.

    Raises:
        UnsupportedShapeError: Sides are no multiple of 4, or sources have another size.
        UserError: The width is below 1.
    """

    side_multiple = 4

    def __init__(
        self, data: DataSpec, classes: int, *, channels: int = 48, dilations: tuple[int, ...] = (2, 4, 8, 16)
    ) -> None:
        super().__init__(data, classes)
        at_least(1, channels=channels)
        if data.shape[1] % 4 or data.shape[2] % 4:
            raise UnsupportedShapeError(
                f"data: GatedGenerator halves sides twice; expected multiples of 4, got {data.shape[1]}x{data.shape[2]}"
            )
        wide, widest = 2 * channels, 4 * channels
        self.down = nn.Sequential(
            GatedConv2d(self.latent_shape[0], channels, 5),
            GatedConv2d(channels, wide, stride=2),
            GatedConv2d(wide, wide),
            GatedConv2d(wide, widest, stride=2),
            GatedConv2d(widest, widest),
            *(GatedConv2d(widest, widest, dilation=dilation) for dilation in dilations),
            GatedConv2d(widest, widest),
        )
        self.up = nn.ModuleList([GatedConv2d(widest, wide), GatedConv2d(wide, channels)])
        self.last = nn.Conv2d(channels, data.shape[0], 3, padding=1)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images with holes ``[N, C + 1, H, W]`` to whole ones ``[N, C, H, W]`` in [-1, 1]."""
        del labels
        x = self.down(latents)
        for layer in self.up:
            x = layer(interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.last(x).tanh()  # type: ignore[no-any-return]


class SNPatchGAN(Discriminator):
    """Six 5x5 convolutions of stride 2, spectrally normalised; each value of the last map is a logit (section 3.3).

    Widths are 1, 2, 4, 4, 4, 4 times `channels`; logits are ``[N, 4 * channels, h, w]``. Images whose shorter side has
    no more than 32 pixels have fewer, as nothing is left to halve. Features ``[N, D]`` of its
    critiques are the means of the map before.

    Args:
        data: What is judged: images of any size.
        classes: Must be 0.
        channels: Width of the first layer.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: The width is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, channels: int = 64) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        at_least(1, channels=channels)
        halvings = (min(data.shape[1:]) - 1).bit_length()  # until a side is one pixel
        widths = [data.shape[0], *(factor * channels for factor in _PATCH_WIDTHS[: max(2, halvings)])]
        *layers, self.last = (SNConv2d(before, after, 5, 2, 2) for before, after in pairwise(widths))
        self.layers = nn.ModuleList(layers)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]``."""
        del labels
        x = samples
        for layer in self.layers:
            x = leaky_relu(layer(x), 0.2)
        return Critique(self.last(x), features=x.mean((2, 3)))


GATED_INPAINTING = Architecture(
    {"generator": GatedGenerator, "discriminator": SNPatchGAN},
    Origin(
        "Yu et al., Free-Form Image Inpainting with Gated Convolution",
        2018,
        "1806.03589",
        descends_from=("context_encoder", "sngan"),
        cures=("image quality",),
    ),
)
