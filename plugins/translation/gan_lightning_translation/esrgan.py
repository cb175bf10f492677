"""The networks of ESRGAN."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_translation.rrdb import RRDBNet
from gan_lightning_translation.stacked import ESRGANDiscriminator

ESRGAN = Architecture(
    {"generator": RRDBNet, "discriminator": ESRGANDiscriminator},
    Origin(
        "Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks",
        2018,
        "1809.00219",
        descends_from=("srgan", "relativistic_average"),
        cures=("image quality",),
    ),
)
