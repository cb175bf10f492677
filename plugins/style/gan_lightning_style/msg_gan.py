"""Multi-scale gradient GANs."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_style.multi_scale_discriminator import MultiScaleDiscriminator
from gan_lightning_style.progressive import ProgressiveGenerator

MSG_GAN = Architecture(
    {"generator": ProgressiveGenerator, "discriminator": MultiScaleDiscriminator},
    Origin(
        "Karnewar & Wang, MSG-GAN: Multi-Scale Gradients for Generative Adversarial Networks",
        2019,
        "1903.06048",
        descends_from=("pggan",),
        cures=("stability", "vanishing gradients"),
    ),
)
