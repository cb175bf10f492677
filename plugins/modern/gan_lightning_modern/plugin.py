"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Networks of 2021 and later."""
    return {
        "fastgan": "gan_lightning_modern.fastgan:FastGAN",
        "projected_gan": "gan_lightning_modern.projected_gan:ProjectedGAN",
        "r3gan": "gan_lightning_modern.r3gan:R3GAN",
    }


@hookimpl
def penalties() -> dict[str, str]:
    """What keeps FastGAN's discriminator from learning its few images by heart."""
    return {"reconstruction": "gan_lightning_modern.reconstruction:Reconstruction"}
