"""The networks of CycleGAN."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_translation.patch_gan import InstancePatchGAN
from gan_lightning_translation.resnet_translator import ResnetTranslator

CYCLEGAN_PAPER = Origin(
    "Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    2017,
    "1703.10593",
    descends_from=("pix2pix", "least_squares"),
)

CYCLEGAN = Architecture(
    {
        "generator": ResnetTranslator,
        "generator_back": ResnetTranslator,
        "discriminator": InstancePatchGAN,
        "discriminator_back": InstancePatchGAN,
    },
    CYCLEGAN_PAPER,
)
