"""What this family offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_lightning.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer


@hookimpl
def architectures() -> dict[str, str]:
    """The first networks of GANs."""
    return {
        "acgan": "gan_lightning_classic.acgan:ACGAN",
        "cgan": "gan_lightning_classic.cgan:CGAN",
        "dcgan": "gan_lightning_classic.dcgan:DCGAN",
        "gan": "gan_lightning_classic.gan:GAN",
        "infogan": "gan_lightning_classic.infogan:INFOGAN",
        "mlp": "gan_lightning_classic.fully_connected:MLP",
        "sgan": "gan_lightning_classic.sgan:SGAN",
        "sgan_cnn": "gan_lightning_classic.sgan_cnn:SGAN_CNN",
    }


@hookimpl
def games() -> dict[str, str]:
    """Games in which the discriminator learns more than what is real."""
    return {
        "infogan": "gan_lightning_classic.infogan_game:InfoGANGame",
        "semi_supervised": "gan_lightning_classic.semi_supervised:SemiSupervisedGame",
    }


@hookimpl
def datasets() -> dict[str, str]:
    """Data for such games."""
    return {"partly_labelled": "gan_lightning_classic.partly_labelled:PartlyLabelled"}


@hookimpl
def metrics() -> dict[str, str]:
    """What such games have learned."""
    return {
        "classification_error": "gan_lightning_classic.classification_error:ClassificationError",
        "code_accuracy": "gan_lightning_classic.code_accuracy:CodeAccuracy",
    }


@hookimpl
def commands(cli: typer.Typer) -> None:
    """A subcommand that shows what codes do."""
    from gan_lightning_classic import sweep

    sweep.register(cli)
