"""What generators with styles have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import EqualizedLinear, at_least
from gan_lightning_style.mapping import Mapping
from gan_lightning_style.rectified import ROOT_2
from gan_lightning_style.sizes import pyramid
from gan_lightning_style.styles import Styles


class StyleBasedGenerator(Generator):
    """A mapping network from latents to styles, two for each size, and what makes images of them.

    Nothing bounds the images. A subclass has ``synthesis``, and layers with styles of their own, each with an
    ``affine`` that makes them.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channel_base: Channels times longer side, for layers less than `channels` wide.
        channels: Channels of the widest layers.
        latent: Length of the latent vector.
        width: Length of a style.
        mapping_layers: Layers of the mapping network.
        mixing: Share of the samples that have two styles in training.
        centres: Whether samples of a class are truncated towards the mean style of the class, and not of all.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is out of its range.

    Attributes:
        plan: Sizes and widths of the maps.
        layer: The class of the layers that have styles.
        bias_gain: Factor on the biases of the mapping network.
        truncated_layers: Layers whose styles are truncated, from the first on; None for all.
    """

    bounded = False
    layer: ClassVar[type[nn.Module]]
    bias_gain: ClassVar[float] = ROOT_2
    truncated_layers: int | None = None

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channel_base: int,
        channels: int = 512,
        latent: int = 512,
        width: int = 512,
        mapping_layers: int = 8,
        mixing: float = 0.9,
        centres: bool = False,
    ) -> None:
        super().__init__()
        at_least(1, latent=latent, width=width)
        self.plan = pyramid(data, channel_base, channels)
        self.latent_shape = (latent,)
        self.width = width
        mapping = Mapping(latent, classes, width, mapping_layers, bias_gain=self.bias_gain)
        layers = 2 * len(self.plan.sizes)
        self.styles = Styles(mapping, width, layers, mixing=mixing, centres=classes if centres else 0)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]``."""
        return self.synthesis(self.mapping(latents, labels))

    def mapping(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to styles ``[N, layers, width]``."""
        return self.styles(latents, labels)  # type: ignore[no-any-return]

    @abstractmethod
    def synthesis(self, styles: Tensor) -> Tensor:
        """Make images ``[N, C, H, W]`` from styles ``[N, layers, width]``."""

    def truncated(self, latents: Tensor, labels: Tensor | None, psi: float) -> Tensor:
        """Make images ``[N, C, H, W]`` of styles ``mean + psi (style - mean)`` in the layers that are truncated."""
        return self.synthesis(self.styles.truncated(latents, labels, psi, self.truncated_layers))

    def latent_weights(self) -> Tensor:
        """Return the weights ``[outputs, width]`` that take a style into the layers."""
        affine = [part.affine for part in self.modules() if isinstance(part, self.layer)]
        return torch.cat([part.normalized_weight() for part in affine if isinstance(part, EqualizedLinear)])
