"""The command line. Torch is imported inside commands only, so that help answers at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version as version_of
from itertools import pairwise
from typing import Annotated

import typer

from gan_lightning.catalog import Catalog
from gan_lightning.cli.console import complain, out
from gan_lightning.errors import UserError

# Typer brings Click along, in some versions as a private copy, so Click's own name for this cannot be imported
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

_WRONG, _BUG, _INTERRUPTED = 2, 1, 130


def main() -> None:
    """Run ``gan-lightning`` with the words it was called with."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], catalog: Catalog | None = None) -> int:
    """Run one command and say in one line what went wrong, if anything did.

    Args:
        arguments: The words behind ``gan-lightning``; help is shown without any.
        catalog: The components there are; those of all installed plugins if None.

    Returns:
        The exit code: 0, or 2 where the user can put it right, 1 for a bug, 130 after Ctrl+C. With ``--debug``
        exceptions come through instead.
    """
    words = [word for word in arguments if word != "--debug"]  # wherever it stands
    try:
        cli = build(catalog or Catalog.installed(_blocked(words)))
        code = cli(words or ["--help"], prog_name="gan-lightning", standalone_mode=False)
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if len(words) < len(arguments):
            raise
        code = _explain(error)
    if code == _INTERRUPTED:
        complain("interrupted")
    return code or 0


def build(catalog: Catalog) -> typer.Typer:
    """Return the application with the subcommands of all plugins."""
    cli = typer.Typer(
        add_completion=True,
        pretty_exceptions_enable=False,
        help="Train, sample and score any member of the GAN family tree.",
        epilog="Start with: gan-lightning fit --recipe recipes/ring.yaml",
    )

    @cli.callback()
    def options(
        context: typer.Context,
        no_plugin: Annotated[list[str] | None, typer.Option(help="Leave a plugin out; may be repeated.")] = None,
        debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,  # noqa: FBT002
        version: Annotated[  # noqa: FBT002
            bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
        ] = False,
    ) -> None:
        del no_plugin, debug, version  # read before the commands are known
        context.obj = catalog

    catalog.call("commands", cli=cli)
    return cli


def _show_version(wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        out.print(version_of("gan-lightning"))
        raise typer.Exit


def _explain(error: BaseException) -> int:
    """Complain of an exception in one line and return the exit code it stands for."""
    if isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt):
        return _INTERRUPTED  # Lightning turns the former into a SystemExit
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else _BUG
    if isinstance(error, UserError):
        complain(str(error))
        return _WRONG
    if isinstance(error, _UsageError):
        complain(error.format_message())  # type: ignore[attr-defined]  # one of Click's
        return _WRONG
    if isinstance(error, OSError) and error.filename is not None:
        complain(f"{error.filename}: {error.strerror}")
        return _WRONG
    remedy = _remedy(error)
    if remedy is not None:
        complain(f"{remedy} ({error})")
        return _WRONG
    complain(f"internal error: {type(error).__name__}: {error}; run with --debug for the traceback")
    return _BUG


#: What the user can do about errors of torch and the system, by a piece of what they say.
_NO_MEMORY = "out of memory: lower data.batch_size, and raise train.accumulate to make up for it"
_REMEDIES = {
    "out of memory": _NO_MEMORY,
    "allocate memory": _NO_MEMORY,
    "EADDRINUSE": "the port for the processes to meet at is taken: set MASTER_PORT to another",
}


def _remedy(error: BaseException) -> str | None:
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    return next((remedy for piece, remedy in _REMEDIES.items() if piece in str(error)), None)


def _blocked(arguments: Sequence[str]) -> list[str]:
    """Find the plugins to leave out, before any of them is asked for its commands."""
    found = [after for before, after in pairwise(arguments) if before == "--no-plugin"]
    return found + [argument.partition("=")[2] for argument in arguments if argument.startswith("--no-plugin=")]
