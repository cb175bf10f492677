"""StyleGAN: a learned constant, and styles and noise in every layer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import EqualizedConv2d, at_least
from gan_lightning.origin import Origin
from gan_lightning_style.adain import AdaptiveInstanceNorm, DoublingStage, FirstStage
from gan_lightning_style.growth import newest_image
from gan_lightning_style.style_based import StyleBasedGenerator
from gan_lightning_style.stylegan_discriminator import StyleGANDiscriminator


class StyleGANGenerator(StyleBasedGenerator):
    """The generator of StyleGAN (arXiv:1812.04948, configuration F).

    A mapping network makes a style of the latents; a learned constant goes through convolutions, two for each size,
    whose maps take on the means and deviations that styles ask for. It grows: see `gan_lightning.abilities.Growing`.
    With classes, the mapping network reads a vector of the class too, as StyleGAN2's does; the paper has none.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide.
        truncated_layers: Layers whose styles are truncated, from the first on; null for all.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is out of its range.
    """

    layer: ClassVar[type[nn.Module]] = AdaptiveInstanceNorm
    # The rectifier's factor is on these layers' weights and not on their biases.
    bias_gain: ClassVar[float] = 1.0

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channel_base: int = 16384,
        truncated_layers: int | None = 8,
        **options: Any,
    ) -> None:
        super().__init__(data, classes, channel_base=channel_base, **options)
        at_least(0, truncated_layers=truncated_layers)
        self.truncated_layers = truncated_layers
        sizes, widths = self.plan
        self.doublings = self.depth = len(sizes) - 1
        self.alpha = 1.0
        self.first = FirstStage(widths[0], self.width, sizes[0])
        self.stages = nn.ModuleList(
            DoublingStage(*ends, self.width, size) for ends, size in zip(pairwise(widths), sizes[1:], strict=True)
        )
        self.to_image = nn.ModuleList(EqualizedConv2d(channels, data.shape[0], 1) for channels in widths)

    def grow(self, depth: int, alpha: float) -> None:
        """Make images of a size; see `gan_lightning.abilities.Growing`. Styles are mixed in its layers only."""
        self.depth, self.alpha = depth, alpha
        self.styles.used = 2 * (depth + 1)

    def synthesis(self, styles: Tensor) -> Tensor:
        """Make images ``[N, C, H, W]`` of its present size from styles ``[N, layers, width]`` of all sizes' layers."""
        return newest_image(self.to_image, self._maps(styles), self.alpha)

    def scales(self, latents: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images of every size, the smallest first."""
        maps = self._maps(self.mapping(latents, labels))
        return [layer(one) for layer, one in zip(self.to_image, maps, strict=False)]

    def _maps(self, styles: Tensor) -> list[Tensor]:
        """Return the maps of every size up to its own."""
        maps = [self.first(styles[:, :2])]
        for index, stage in enumerate(self.stages[: self.depth], 1):
            maps.append(stage(maps[-1], styles[:, 2 * index : 2 * index + 2]))
        return maps


StyleGAN = Architecture(
    {"generator": StyleGANGenerator, "discriminator": StyleGANDiscriminator},
    Origin(
        "Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks",
        2018,
        "1812.04948",
        descends_from=("pggan",),
        cures=("image quality", "mode diversity"),
    ),
)
