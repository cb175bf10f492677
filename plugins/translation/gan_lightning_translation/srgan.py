"""The networks of SRGAN, and of MSRResNet."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_translation.srresnet import MSRResNet, SRResNet
from gan_lightning_translation.stacked import SRGANDiscriminator

SRGAN_PAPER = Origin(
    "Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
    2016,
    "1609.04802",
    descends_from=("dcgan",),
    cures=("image quality",),
)

SRGAN = Architecture({"generator": SRResNet, "discriminator": SRGANDiscriminator}, SRGAN_PAPER)

MSRRESNET = Architecture(
    {"generator": MSRResNet, "discriminator": SRGANDiscriminator},
    Origin(
        "Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks",
        2018,
        "1809.00219",
        descends_from=("srgan",),
    ),
)
