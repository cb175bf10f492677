"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Fully connected networks and DCGAN."""
    return {
        "dcgan": "gan_lightning_classic.dcgan:DCGAN",
        "gan": "gan_lightning_classic.gan:GAN",
        "mlp": "gan_lightning_classic.fully_connected:MLP",
    }
