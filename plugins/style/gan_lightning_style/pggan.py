"""Progressive GANs."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_style.progressive import ProgressiveGenerator
from gan_lightning_style.progressive_discriminator import ProgressiveDiscriminator

PGGAN = Architecture(
    {"generator": ProgressiveGenerator, "discriminator": ProgressiveDiscriminator},
    Origin(
        "Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and Variation",
        2017,
        "1710.10196",
        descends_from=("wgan_gp",),
        cures=("image quality", "stability", "mode diversity"),
    ),
)
