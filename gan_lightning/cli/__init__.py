"""The command line. Torch is imported inside commands only, so that help answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gan_lightning.catalog import Catalog
from gan_lightning.cli.console import complain
from gan_lightning.errors import UserError


def main() -> None:
    """Run ``gan-lightning``: exit code 0, or one clear line and exit code 2."""
    try:
        catalog = Catalog.installed(_blocked(sys.argv[1:]))
        build(catalog)(prog_name="gan-lightning")
    except UserError as error:
        if "--debug" in sys.argv:
            raise
        complain(str(error))
        sys.exit(2)


def build(catalog: Catalog) -> typer.Typer:
    """Return the application with the subcommands of all plugins."""
    cli = typer.Typer(
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        help="Train, sample and score any member of the GAN family tree.",
        epilog="Start with: gan-lightning fit --recipe recipes/sngan.yaml",
    )

    @cli.callback()
    def options(
        context: typer.Context,
        no_plugin: Annotated[list[str] | None, typer.Option(help="Leave a plugin out; may be repeated.")] = None,
        debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: FBT002
        version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,  # noqa: FBT002
    ) -> None:
        del no_plugin, debug, version  # read before the commands are known
        context.obj = catalog

    catalog.call("commands", cli=cli)
    return cli


def _blocked(arguments: list[str]) -> list[str]:
    """Find the plugins to leave out, before any of them is asked for its commands."""
    found = [after for before, after in zip(arguments, arguments[1:], strict=False) if before == "--no-plugin"]
    return found + [argument.partition("=")[2] for argument in arguments if argument.startswith("--no-plugin=")]
