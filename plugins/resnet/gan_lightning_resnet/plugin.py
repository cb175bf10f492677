"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Residual networks."""
    return {
        "sngan": "gan_lightning_resnet.sngan:SNGAN",
        "wgan_gp": "gan_lightning_resnet.wgan_gp:WGAN_GP",
    }
