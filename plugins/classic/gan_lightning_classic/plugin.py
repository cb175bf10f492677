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
        "began": "gan_lightning_classic.began:BEGAN",
        "cgan": "gan_lightning_classic.cgan:CGAN",
        "dcgan": "gan_lightning_classic.dcgan:DCGAN",
        "gan": "gan_lightning_classic.gan:GAN",
        "infogan": "gan_lightning_classic.infogan:INFOGAN",
        "lapgan": "gan_lightning_classic.lapgan:LAPGAN",
        "mlp": "gan_lightning_classic.fully_connected:MLP",
        "predictability": "gan_lightning_classic.factorial:PREDICTABILITY",
        "sgan": "gan_lightning_classic.sgan:SGAN",
        "sgan_cnn": "gan_lightning_classic.sgan_cnn:SGAN_CNN",
    }


@hookimpl
def games() -> dict[str, str]:
    """Games in which players pay for more, or for other things, than what is real."""
    return {
        "began": "gan_lightning_classic.equilibrium:EquilibriumGame",
        "infogan": "gan_lightning_classic.infogan_game:InfoGANGame",
        "lapgan": "gan_lightning_classic.levels:LAPGANGame",
        "predictability_minimization": "gan_lightning_classic.predictability:PredictabilityMinimization",
        "semi_supervised": "gan_lightning_classic.semi_supervised:SemiSupervisedGame",
    }


@hookimpl
def datasets() -> dict[str, str]:
    """Data for such games."""
    return {
        "partly_labelled": "gan_lightning_classic.partly_labelled:PartlyLabelled",
        "redundant_bits": "gan_lightning_classic.redundant_bits:RedundantBits",
    }


@hookimpl
def metrics() -> dict[str, str]:
    """What such games have learned."""
    return {
        "began_convergence": "gan_lightning_classic.convergence:BEGANConvergence",
        "bits_recovered": "gan_lightning_classic.independence:BitsRecovered",
        "classification_error": "gan_lightning_classic.classification_error:ClassificationError",
        "code_accuracy": "gan_lightning_classic.code_accuracy:CodeAccuracy",
        "code_independence": "gan_lightning_classic.independence:CodeIndependence",
    }


@hookimpl
def commands(cli: typer.Typer) -> None:
    """Subcommands that show what codes do, and what levels add."""
    from gan_lightning_classic import strip, sweep

    sweep.register(cli)
    strip.register(cli)
