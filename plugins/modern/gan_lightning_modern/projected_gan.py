"""Projected GAN: FastGAN's generator against discriminators in the space of a pretrained network."""

from __future__ import annotations

from typing import Any

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.origin import Origin
from gan_lightning_modern.fastgan_generator import FastGANGenerator
from gan_lightning_modern.projected_discriminator import ProjectedDiscriminator


class ProjectedGANGenerator(FastGANGenerator):
    """FastGAN's generator as Projected GAN's code has it: normalised latents, and no tanh behind the last convolution.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        tanh: Whether a tanh keeps images in [-1, 1].
        normalize: Whether latents are divided by the root of their mean square.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, tanh: bool = False, normalize: bool = True, **options: Any
    ) -> None:
        super().__init__(data, classes, tanh=tanh, normalize=normalize, **options)


ProjectedGAN = Architecture(
    {"generator": ProjectedGANGenerator, "discriminator": ProjectedDiscriminator},
    Origin(
        "Sauer et al., Projected GANs Converge Faster",
        2021,
        "2111.01007",
        descends_from=("fastgan",),
        cures=("stability", "image quality", "mode diversity"),
    ),
)
