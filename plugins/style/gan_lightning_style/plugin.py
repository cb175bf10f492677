"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Networks that grow, and networks that are told of their latent vector in every layer."""
    return {
        "msg_gan": "gan_lightning_style.msg_gan:MSG_GAN",
        "pggan": "gan_lightning_style.pggan:PGGAN",
        "stylegan": "gan_lightning_style.stylegan:StyleGAN",
        "stylegan2": "gan_lightning_style.stylegan2:StyleGAN2",
    }


@hookimpl
def games() -> dict[str, str]:
    """Games of several sizes, one after the other or all at once."""
    return {
        "growing": "gan_lightning_style.growing:GrowingGame",
        "multi_scale": "gan_lightning_style.multi_scale:MultiScale",
    }
