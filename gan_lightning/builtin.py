"""The core's own plugin: the two-player game, data sets, metrics, extractors and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_lightning.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer
    from lightning.pytorch import Callback

    from gan_lightning.recipe import Recipe


@hookimpl
def games() -> dict[str, str]:
    """The game that most systems play."""
    return {"two_player": "gan_lightning.two_player:TwoPlayerGame"}


@hookimpl
def datasets() -> dict[str, str]:
    """Embedded data, the user's own images in files or shards, and torchvision's data sets."""
    return {
        "digits": "gan_lightning.data.digits:Digits",
        "folder": "gan_lightning.data.folder:Folder",
        "idx": "gan_lightning.data.idx:Idx",
        "itself": "gan_lightning.data.itself:Itself",
        "low_resolution": "gan_lightning.data.low_resolution:LowResolution",
        "masked": "gan_lightning.data.masked:Masked",
        "mixture": "gan_lightning.data.mixture:Mixture",
        "paired_folder": "gan_lightning.data.paired_folder:PairedFolder",
        "single_image": "gan_lightning.data.single_image:SingleImage",
        "stacked_digits": "gan_lightning.data.stacked_digits:StackedDigits",
        "torchvision": "gan_lightning.data.torchvision:TorchvisionDataset",
        "unpaired_folders": "gan_lightning.data.unpaired_folders:UnpairedFolders",
        "webdataset": "gan_lightning.data.webdataset:WebDataset",
    }


@hookimpl
def metrics() -> dict[str, str]:
    """Scores of samples."""
    return {
        "fid": "gan_lightning.metrics.frechet:FrechetDistance",
        "is": "gan_lightning.metrics.inception_score:InceptionScore",
        "kid": "gan_lightning.metrics.kernel:KernelDistance",
        "modes": "gan_lightning.metrics.modes:ModeCoverage",
        "paired": "gan_lightning.metrics.paired:PairedDistance",
        "prdc": "gan_lightning.metrics.prdc:PrecisionRecallDensityCoverage",
    }


@hookimpl
def extractors() -> dict[str, str]:
    """Networks whose features are compared."""
    return {
        "efficientnet_lite0": "gan_lightning.metrics.efficientnet:EfficientNetLite0",
        "inception": "gan_lightning.metrics.inception:Inception",
    }


@hookimpl
def commands(cli: typer.Typer) -> None:
    """The subcommands of ``gan-lightning``."""
    from gan_lightning.cli import (
        describe,
        directions,
        evaluate,
        export,
        family,
        fit,
        interpolate,
        mix,
        new_plugin,
        project,
        reconstruct,
        sample,
        study,
        translate,
    )

    making = (sample, translate, reconstruct, interpolate, project, mix, directions, export)
    for module in (fit, evaluate, *making, describe, family, new_plugin, study):
        module.register(cli)


@hookimpl
def callbacks(recipe: Recipe) -> list[Callback]:
    """What every run has beside the training step."""
    from gan_lightning.callbacks.log import Log
    from gan_lightning.callbacks.progress import ProgressBar

    return [Log(recipe.log.every, recipe.guard.non_finite), ProgressBar(recipe.train.steps)]


@hookimpl
def modify_recipe(recipe: Recipe) -> None:
    """Let optimisers that have a fused form use it where ``performance: auto`` finds it safe."""
    from gan_lightning.performance import choose

    choices = choose(recipe.performance, "images", recipe.trainer.get("precision", "32-true"))
    for optimizer in recipe.optimizers.values():
        if "fused" in optimizer.options and optimizer.options["fused"] is None:
            optimizer.options["fused"] = choices.fused_optimizers
