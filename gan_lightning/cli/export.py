"""``gan-lightning export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from gan_lightning.cli.console import out, quiet
from gan_lightning.cli.opening import CheckpointArgument, RawOption


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(export)


def export(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    kind: Annotated[
        Literal["onnx", "torch", "safetensors"],
        typer.Option("--format", help="ONNX, a program of torch.export (.pt2), or weights alone."),
    ] = "onnx",
    path: Annotated[Path | None, typer.Option("--out", help="The file; generator.onnx and so on if not given.")] = None,
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Write a trained generator down for use elsewhere, and try what was written."""
    quiet()
    from gan_lightning.export import FORMATS, Exportable
    from gan_lightning.trained import load

    way = FORMATS[kind]
    way.require()
    exportable = Exportable.of(load(checkpoint, context.obj), "raw" if raw else "ema")
    path = path or Path("generator")
    path = path.with_suffix(way.suffix)
    difference = way.export(exportable, path)
    checked = "" if difference is None else f", within {difference:.1g} of PyTorch's samples"
    out.print(f"{', '.join(exportable.names)} -> samples in {path}, facts in {path.with_suffix('.json')}{checked}")
