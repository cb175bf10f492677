"""The networks of pix2pix."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.origin import Origin
from gan_lightning_translation.patch_gan import PatchGAN
from gan_lightning_translation.unet import UNet

PIX2PIX_PAPER = Origin(
    "Isola et al., Image-to-Image Translation with Conditional Adversarial Networks",
    2016,
    "1611.07004",
    descends_from=("dcgan", "cgan"),
    cures=("image quality",),
)

PIX2PIX = Architecture({"generator": UNet, "discriminator": PatchGAN}, PIX2PIX_PAPER)
