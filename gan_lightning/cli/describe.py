"""``gan-lightning plugins``, ``describe`` and ``recipes``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan_lightning.cli.console import out, table
from gan_lightning.errors import UserError
from gan_lightning.plugins import KINDS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gan_lightning.catalog import Catalog, Entry
    from gan_lightning.recipe.options import Option


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(plugins)
    cli.command()(describe)
    cli.command()(recipes)


def plugins(context: typer.Context) -> None:
    """List the installed plugins and what each brings."""
    catalog: Catalog = context.obj
    for plugin in catalog.working():
        out.print(f"[bold]{plugin.name}[/bold]  {plugin.distribution} {plugin.version}")
        for kind, parts in plugin.components.items():
            if parts:
                out.print(f"  {KINDS[kind]}: {', '.join(sorted(parts))}")
        for notice in catalog.notices.get(plugin.name, []):
            out.print(f"  note: {notice}", markup=False)
    for plugin in catalog.broken():
        out.print(f"left out: {plugin.label}: {plugin.error}", markup=False)


def describe(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    name: Annotated[str | None, typer.Argument(help="A component; all of the kind are listed without it.")] = None,
    options: Annotated[list[str] | None, typer.Argument(help="role.option=value; data.shape=[3,64,64].")] = None,
) -> None:
    """Show a component: its paper, its options, and a network's size at a given shape."""
    catalog: Catalog = context.obj
    if name is None:
        names = ", ".join(entry.name for entry in catalog.entries(kind))
        out.print(f"{KINDS[kind]}: {names}")
        return
    from gan_lightning.cli import describe_kinds

    entry = catalog.find(kind, name)
    told = describe_kinds.TELL.get(kind, tell_options)(entry, options or [])
    out.print(f"[bold]{kind} {name}[/bold]  from {entry.plugin.label}")
    if entry.component.origin:
        out.print(str(entry.component.origin), markup=False)
    for part in told:
        out.print(part, markup=False)


def tell_options(entry: Entry, settings: list[str]) -> list[RenderableType]:
    """Return what a component does and its options."""
    from gan_lightning.recipe.options import options_of
    from gan_lightning.recipe.parsing import GIVEN

    if settings:
        raise UserError(f"describe: only architectures take settings, not a {entry.kind}")
    options = options_of(entry.component, GIVEN.get(entry.kind, 0))
    return [summary_of(entry.component), option_table("options", options)]


def summary_of(component: Any) -> str:
    """Return a docstring without its list of arguments."""
    import inspect

    return (inspect.getdoc(component) or "").partition("\nArgs:")[0].strip()


def option_table(title: str, options: dict[str, Option]) -> RenderableType:
    """Return a table of options with type, default and meaning."""
    rows = [
        [option.name, option.type_name, "required" if option.required else repr(option.default), option.text]
        for option in options.values()
    ]
    return table(title, ["name", "type", "default", "meaning"], rows) if rows else "no options"


def recipes(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = Path("recipes"),
) -> None:
    """List recipes with the first line of their headers."""
    found = sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
    if not found:
        raise UserError(f"there are no recipes in {folder}; name a folder that holds YAML files")
    for path in found:
        header = path.read_text("utf-8").splitlines()[:1]
        about = header[0].lstrip("# ") if header and header[0].startswith("#") else ""
        out.print(f"{path}  {about}", markup=False)
