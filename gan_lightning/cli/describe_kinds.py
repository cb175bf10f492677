"""What ``describe`` shows of kinds that have more to tell than options: architectures and games."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from omegaconf import OmegaConf
from torch import nn

from gan_lightning.catalog import Entry
from gan_lightning.cli.console import out, table
from gan_lightning.cli.describe import option_table, show_options, summary_of
from gan_lightning.components import NetworkClass
from gan_lightning.data.spec import DataSpec
from gan_lightning.recipe.options import check_options, convert, options_of
from gan_lightning.recipe.parsing import GIVEN

_SHAPE = [3, 32, 32]


def show_architecture(entry: Entry, settings: list[str]) -> None:
    """Print each role's options, and its number of parameters at ``data.shape`` with ``data.classes``."""
    given: dict[str, Any] = OmegaConf.to_container(OmegaConf.from_dotlist(settings))  # type: ignore[assignment]
    data = given.pop("data", {})
    shape = tuple(convert(data.get("shape", _SHAPE), list[int], "data.shape"))
    classes = convert(data.get("classes", 0), int, "data.classes")
    spec = DataSpec(shape, (1,) * classes, kind="images" if len(shape) == 3 else "points")
    for role, network in entry.component.roles.items():
        out.print(f"\n[bold]{role}[/bold]")
        out.print(summary_of(network), markup=False)
        out.print(option_table("options", options_of(network, GIVEN["architecture"])))
        options = check_options(network, given.pop(role, {}), role, GIVEN["architecture"])
        out.print(f"parameters at {list(shape)}, {classes} classes: {_size(network, spec, classes, options)}")


def _size(network: NetworkClass, spec: DataSpec, classes: int, options: dict[str, Any]) -> str:
    built: nn.Module = network(spec, classes, **options)
    return f"{sum(weight.numel() for weight in built.parameters()):,}"


def show_game(entry: Entry, settings: list[str]) -> None:
    """Print a game's options, players and networks."""
    show_options(entry, settings)
    rows = [[player.name, ", ".join(player.networks)] for player in entry.component.players]
    out.print(table("players", ["player", "networks"], rows))
    out.print(f"roles: {', '.join(entry.component.roles)}")


SHOW: Mapping[str, Callable[[Entry, list[str]], None]] = {"architecture": show_architecture, "game": show_game}
