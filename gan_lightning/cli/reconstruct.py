"""``gan-lightning reconstruct``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, track

if TYPE_CHECKING:
    from torch import Tensor


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(reconstruct)


def reconstruct(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    path: Annotated[Path, typer.Argument(help="An image, a folder of images, or a film (.mp4, .gif, ...).")],
    folder: OutOption = Path("reconstructed"),
    label: ClassOption = None,
    beside: Annotated[bool, typer.Option("--beside", help="Show each image with its reconstruction.")] = False,  # noqa: FBT002
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Encode images with a trained game that has an encoder, and make them again from their codes."""
    quiet()
    import torch

    from gan_lightning.editing.over_inputs import over_inputs
    from gan_lightning.editing.pictures_in import Look
    from gan_lightning.trained import load

    trained = load(checkpoint, context.obj)
    weights, errors = "raw" if raw else "ema", []

    def make(images: Tensor, number: int) -> Tensor:
        del number
        made = trained.reconstruct(images, label=label, generator=weights)  # type: ignore[arg-type]
        errors.append((made - images).abs().mean((1, 2, 3)) / 2)
        return torch.cat([images, made], dim=3) if beside else made

    channels, *size = trained.data.shape if trained.data.kind == "images" else (0, 0, 0)
    written = over_inputs(path, folder, Look(channels, (size[0], size[1])), make, partial(track, what="images"))
    error = torch.cat(errors).mean().item()
    out.print(f"{len(written)} {'file' if len(written) == 1 else 'files'} in {folder}, mean L1 {error:.4g} of [0, 1]")
