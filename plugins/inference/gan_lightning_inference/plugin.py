"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Generators, encoders, and discriminators of samples with latents."""
    return {
        "aae": "gan_lightning_inference.architectures.aae:AAE",
        "ali": "gan_lightning_inference.architectures.ali:ALI",
        "bigan": "gan_lightning_inference.architectures.bigan:BIGAN",
        "bigbigan": "gan_lightning_inference.architectures.bigbigan:BIGBIGAN",
        "gaussian_encoder": "gan_lightning_inference.architectures.gaussian_encoder:GAUSSIAN_ENCODER",
    }


@hookimpl
def games() -> dict[str, str]:
    """Games in which an encoder is trained."""
    return {
        "aae": "gan_lightning_inference.games.aae:AAEGame",
        "bigan": "gan_lightning_inference.games.bigan:BiGANGame",
        "bigbigan": "gan_lightning_inference.games.bigbigan:BigBiGANGame",
        "vae_gan": "gan_lightning_inference.games.vae_gan:VAEGANGame",
    }


@hookimpl
def metrics() -> dict[str, str]:
    """What encoders have learned."""
    return {
        "linear_probe": "gan_lightning_inference.metrics.linear_probe:LinearProbe",
        "reconstruction": "gan_lightning_inference.metrics.reconstruction:Reconstruction",
    }
