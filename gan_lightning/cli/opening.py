"""What the commands that edit have in common: the generator they open, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gan_lightning.cli.console import err, quiet

if TYPE_CHECKING:
    from gan_lightning.editing.maker import Maker

T = TypeVar("T")

CheckpointArgument = Annotated[Path, typer.Argument(help="A checkpoint, or a run folder (its best).")]
OutOption = Annotated[Path, typer.Option("--out", help="The folder to write to.")]
RawOption = Annotated[bool, typer.Option("--raw", help="The raw generator instead of its average.")]
ClassOption = Annotated[str | None, typer.Option("--class", help="A class, by number or name.")]


def open_maker(context: typer.Context, checkpoint: Path, *, raw: bool) -> Maker:
    """Load a trained generator of images."""
    quiet()
    from gan_lightning.editing.maker import Maker
    from gan_lightning.trained import load

    return Maker(load(checkpoint, context.obj), "raw" if raw else "ema")


def track(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield items with a bar on the terminal, if there is one."""
    from rich.progress import track as bar

    yield from bar(items, what, total, console=err, transient=True, disable=not err.is_terminal)
