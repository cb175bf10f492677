"""What this family offers."""

from __future__ import annotations

from gan_lightning.hookspecs import hookimpl


@hookimpl
def architectures() -> dict[str, str]:
    """Networks that make images from images, and what judges them."""
    return {
        "context_encoder": "gan_lightning_translation.context_encoder:CONTEXT_ENCODER",
        "cut": "gan_lightning_translation.cut:CUT",
        "cyclegan": "gan_lightning_translation.cyclegan:CYCLEGAN",
        "esrgan": "gan_lightning_translation.esrgan:ESRGAN",
        "gated_inpainting": "gan_lightning_translation.gated_inpainting:GATED_INPAINTING",
        "msrresnet": "gan_lightning_translation.srgan:MSRRESNET",
        "pix2pix": "gan_lightning_translation.pix2pix:PIX2PIX",
        "srgan": "gan_lightning_translation.srgan:SRGAN",
        "stargan": "gan_lightning_translation.stargan:STARGAN",
    }


@hookimpl
def games() -> dict[str, str]:
    """Games whose samples are made from the data's partner ``source``."""
    return {
        "cut": "gan_lightning_translation.cut:ContrastiveTranslation",
        "cyclegan": "gan_lightning_translation.cyclegan_game:CycleGAN",
        "inpainting": "gan_lightning_translation.inpainting:Inpainting",
        "pix2pix": "gan_lightning_translation.pix2pix_game:Pix2Pix",
        "stargan": "gan_lightning_translation.stargan_game:StarGAN",
        "super_resolution": "gan_lightning_translation.super_resolution:SuperResolution",
    }


@hookimpl
def datasets() -> dict[str, str]:
    """Data to try such games with."""
    return {"edges": "gan_lightning_translation.edges:Edges"}
