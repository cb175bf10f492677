"""FastGAN: few images, few hours."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_modern.fastgan_discriminator import FastGANDiscriminator
from gan_lightning_modern.fastgan_generator import FastGANGenerator

FastGAN = Architecture(
    {"generator": FastGANGenerator, "discriminator": FastGANDiscriminator},
    Origin(
        "Liu et al., Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
        2021,
        "2101.04775",
        descends_from=("dcgan",),
        cures=("stability", "mode diversity"),
    ),
)
