"""What this family offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_lightning.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer


@hookimpl
def architectures() -> dict[str, str]:
    """Networks for the scales of one image."""
    return {"singan": "gan_lightning_single_image.singan:SinGAN"}


@hookimpl
def games() -> dict[str, str]:
    """Games that are played on one image, scale by scale."""
    return {
        "consingan": "gan_lightning_single_image.consingan:ConSinGANGame",
        "singan": "gan_lightning_single_image.singan_game:SinGANGame",
    }


@hookimpl
def penalties() -> dict[str, str]:
    """What keeps a discriminator of patches from being too steep."""
    return {"pixel_gradient_penalty": "gan_lightning_single_image.pixel_gradient_penalty:PixelGradientPenalty"}


@hookimpl
def metrics() -> dict[str, str]:
    """How near samples are to the one image there is."""
    return {"sifid": "gan_lightning_single_image.sifid:SIFID"}


@hookimpl
def commands(cli: typer.Typer) -> None:
    """Subcommands that use what has been learned of one image."""
    from gan_lightning_single_image import edit_command, resize_command

    edit_command.register(cli)
    resize_command.register(cli)
