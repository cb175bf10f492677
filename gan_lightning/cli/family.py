"""``gan-lightning family``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gan_lightning.cli.console import complain, out

if TYPE_CHECKING:
    from gan_lightning.lineage.members import Family


_WIDE = 240  # columns where nobody's terminal says how many there are


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(family)


def family(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind of component; may be repeated.")] = None,
    root: Annotated[str | None, typer.Option(help="Only this member and who descends from it.")] = None,
    form: Annotated[
        Literal["text", "svg", "html"], typer.Option("--format", help="A tree in the terminal, or a drawing in a file.")
    ] = "text",
    path: Annotated[Path | None, typer.Option("--out", help="The drawing's file; family.svg if not given.")] = None,
) -> None:
    """Show who descends from whom, as all installed plugins tell it."""
    from gan_lightning.lineage.members import Family

    found = Family.of(context.obj, kind or ())
    found = found if root is None else found.below(root)
    if form == "text":
        from gan_lightning.lineage.text import text_tree

        out.print(text_tree(found), soft_wrap=False, width=None if out.is_terminal else _WIDE)
    else:
        out.print(f"{len(found.members)} members in {_drawn(found, form, path)}")
    for note in found.notes:
        complain(f"note: {note}")


def _drawn(found: Family, form: Literal["svg", "html"], path: Path | None) -> Path:
    from gan_lightning.disk import replacing
    from gan_lightning.lineage.drawing import html, svg

    path = path or Path(f"family.{form}")
    with replacing(path) as temporary:
        temporary.write_text({"svg": svg, "html": html}[form](found), "utf-8")
    return path
