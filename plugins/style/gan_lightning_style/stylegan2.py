"""StyleGAN2: weights that are modulated and demodulated by styles, images summed over resolutions."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import FIRUpsample
from gan_lightning.origin import Origin
from gan_lightning_style.modulated import StyledConv2d, ToImage
from gan_lightning_style.style_based import StyleBasedGenerator
from gan_lightning_style.stylegan2_discriminator import StyleGAN2Discriminator


class Stage(nn.Module):
    """The layers of one size, and what they add to the image.

    Args:
        inputs: Channels in, None for the first stage, which has one convolution and does not double.
        outputs: Channels out.
        image: Channels of the image.
        size: Height and width.
        width: Length of a style.
        clamp: Largest size of a value, None for any.
    """

    def __init__(
        self,
        inputs: int | None,
        outputs: int,
        image: int,
        *,
        size: tuple[int, int],
        width: int,
        clamp: float | None,
    ) -> None:
        super().__init__()
        first = []
        if inputs is not None:
            first = [StyledConv2d(inputs, outputs, width, size, doubles=True, clamp=clamp)]
        self.convolutions = nn.ModuleList([*first, StyledConv2d(outputs, outputs, width, size, clamp=clamp)])
        self.to_image = ToImage(outputs, image, width, clamp=clamp)

    def forward(self, x: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``[N, inputs, H, W]`` to maps and what they add to the image.

        Args:
            x: Maps of the stage before.
            styles: One for each convolution and one for the image ``[N, convolutions + 1, width]``.
        """
        *of_convolutions, of_image = styles.unbind(dim=1)
        for convolution, style in zip(self.convolutions, of_convolutions, strict=True):
            x = convolution(x, style)
        return x, self.to_image(x, of_image)


class StyleGAN2Generator(StyleBasedGenerator):
    """The generator of StyleGAN2 (arXiv:1912.04958, configuration F; with classes arXiv:2006.06676).

    A mapping network makes a style of the latents; a learned constant goes through modulated convolutions, two for each
    size; every size adds to the image of the size before, doubled.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide. 32768 for the published networks
            of 1024x1024, and half of that for the lighter ones of 256x256.
        clamp: Largest size of a layer's values; 256 where it is trained in half precision. null for any.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is out of its range.
    """

    layer: ClassVar[type[nn.Module]] = StyledConv2d

    def __init__(
        self, data: DataSpec, classes: int, *, channel_base: int = 32768, clamp: float | None = None, **options: Any
    ) -> None:
        super().__init__(data, classes, channel_base=channel_base, **options)
        plan, image, width = self.plan, data.shape[0], self.width
        self.const = nn.Parameter(torch.randn(plan.widths[0], *plan.sizes[0]))
        self.stages = nn.ModuleList(
            Stage(inputs, outputs, image, size=size, width=width, clamp=clamp)
            for inputs, outputs, size in zip((None, *plan.widths[:-1]), plan.widths, plan.sizes, strict=True)
        )
        self.upsample = FIRUpsample()

    def synthesis(self, styles: Tensor) -> Tensor:
        """Make images ``[N, C, H, W]`` from styles ``[N, layers, width]``.

        A size has a style for each convolution; what it adds to the image takes that of the next size's first one.
        """
        x = self.const.expand(len(styles), -1, -1, -1)
        x, image = self.stages[0](x, styles[:, :2])
        for index, stage in enumerate(self.stages[1:]):
            x, added = stage(x, styles[:, 2 * index + 1 : 2 * index + 4])
            image = self.upsample(image) + added
        return image  # type: ignore[no-any-return]


StyleGAN2 = Architecture(
    {"generator": StyleGAN2Generator, "discriminator": StyleGAN2Discriminator},
    Origin(
        "Karras et al., Analyzing and Improving the Image Quality of StyleGAN",
        2019,
        "1912.04958",
        descends_from=("stylegan",),
        cures=("image quality",),
    ),
)
