"""The discriminator of StyleGAN: the progressive one, with a blur before every halving."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import Blur, EqualizedLinear
from gan_lightning_style.progressive import HalvingBlock
from gan_lightning_style.progressive_discriminator import ProgressiveDiscriminator
from gan_lightning_style.rectified import SLOPE


class BlurredHalvingBlock(HalvingBlock):
    """Convolution - leaky rectifier - blur - convolution with means of 2x2 behind - leaky rectifier.

    Args:
        inputs: Channels in.
        hidden: Channels between.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(inputs, hidden, outputs)
        self.blur = Blur((1, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H / 2, W / 2]``."""
        return leaky_relu(self.down(self.blur(leaky_relu(self.conv(x), SLOPE))), SLOPE)


class ClassLogits(nn.Module):
    """A logit for each class, of which the label picks one.

    Args:
        width: Number of features D.
        classes: Number of classes.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.linear = EqualizedLinear(width, classes)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map features ``[N, D]`` and labels ``[N]`` to logits ``[N]``.

        Raises:
            ValueError: There are no labels.
        """
        if labels is None:
            raise ValueError("a class-conditional network needs labels")
        return self.linear(features).gather(1, labels[:, None]).squeeze(1)  # type: ignore[no-any-return]


class StyleGANDiscriminator(ProgressiveDiscriminator):
    """The discriminator of StyleGAN (arXiv:1812.04948, appendix C): as progressive GANs have it, with blurs.

    With classes it has a logit for each, and the label picks one. It grows: see `gan_lightning.abilities.Growing`.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    halving: ClassVar[type[HalvingBlock]] = BlurredHalvingBlock

    def __init__(self, data: DataSpec, classes: int, **options: Any) -> None:
        super().__init__(data, 0, **options)
        if classes:
            self.head = ClassLogits(self.last.linear.out_features, classes)
