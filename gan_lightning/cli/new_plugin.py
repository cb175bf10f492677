"""``gan-lightning new-plugin``."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lightning.cli.console import out
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from gan_lightning.catalog import Catalog

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("new-plugin")(new_plugin)


def new_plugin(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the distribution: small letters, digits and hyphens.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Where its folder is made.")] = Path(),
) -> None:
    """Write a working, tested plugin package with one loss."""
    catalog: Catalog = context.obj
    folder = write_plugin(name, out_dir, [plugin.name for plugin in catalog.plugins])
    out.print(f"wrote {folder}; next: pip install -e '{folder}[test]' && pytest {folder}", markup=False)


def write_plugin(name: str, parent: Path, taken: list[str]) -> Path:
    """Write a plugin package.

    Args:
        name: Name of the distribution, ``my-losses``; its package and entry point are ``my_losses``.
        parent: Where its folder is made.
        taken: Names of plugins there are.

    Returns:
        The folder.

    Raises:
        UserError: The name cannot be, or is taken, or the folder exists.
    """
    from gan_lightning import __version__
    from gan_lightning.cli.templates import FILES

    package = name.replace("-", "_")
    _check_name(name, package, taken)
    folder = parent / name
    if folder.exists():
        raise UserError(f"new-plugin: {folder} exists already; choose another name, or another place with --out")
    words = {"name": name, "package": package, "core": __version__}
    for path, text in FILES.items():
        target = folder / Template(path).substitute(words)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(text).substitute(words), "utf-8")
        except OSError as error:
            raise UserError(f"new-plugin: {target} cannot be written: {error.strerror}") from error
    return folder


def _check_name(name: str, package: str, taken: list[str]) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(package):
        raise UserError(f"new-plugin: {name!r} is no name; expected small letters, digits and hyphens: my-losses")
    if package in taken:
        raise UserError(f"new-plugin: a plugin {package!r} is installed already; choose another name")
    if package in sys.stdlib_module_names or find_spec(package) is not None:
        raise UserError(f"new-plugin: a Python package {package!r} is installed already; choose another name")
