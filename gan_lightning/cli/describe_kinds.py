"""What ``describe`` shows of kinds that have more to tell than options: architectures and games."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from torch import nn

from gan_lightning.catalog import Entry
from gan_lightning.cli.console import table
from gan_lightning.cli.describe import option_table, summary_of, tell_options
from gan_lightning.cli.settings import read_settings
from gan_lightning.components import NetworkClass
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError, nearest
from gan_lightning.game import Game, Parts
from gan_lightning.recipe.options import check_options, options_of
from gan_lightning.recipe.parsing import GIVEN

_SHAPE = [3, 32, 32]


def tell_architecture(entry: Entry, settings: list[str]) -> list[RenderableType]:
    """Return each role's options, and its number of parameters at ``data.shape`` with ``data.classes``.

    Raises:
        UserError: A setting is unknown or of the wrong type, or a network cannot have that shape.
    """
    given = read_settings(settings, "generator.channels=32")
    spec = _spec(given.pop("data", {}))
    for role in given:
        if role not in entry.component.roles:
            raise UserError(f"{role}: unknown key; {nearest(role, [*entry.component.roles, 'data'])}")
    told: list[RenderableType] = []
    for role, network in entry.component.roles.items():
        options = check_options(network, _mapping(given.get(role, {}), role), role, GIVEN["architecture"])
        size = f"parameters at {list(spec.shape)}, {spec.classes} classes: {_size(network, spec, options)}"
        options_told = option_table("options", options_of(network, GIVEN["architecture"]))
        told += [Text(f"\n{role}", style="bold"), summary_of(network), options_told, size]
    return told


def _spec(given: Any) -> DataSpec:
    checked = check_options(_shape, _mapping(given, "data"), "data")
    return _shape(**checked)


def _shape(shape: list[int] = _SHAPE, classes: int = 0) -> DataSpec:
    return DataSpec(tuple(shape), (1,) * classes, kind="images" if len(shape) == 3 else "points")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UserError(f"{where}: expected keys and values, such as {where}.option=value, got {value!r}")
    return value


def _size(network: NetworkClass, spec: DataSpec, options: dict[str, Any]) -> str:
    built: nn.Module = network(spec, spec.classes, **options)
    return f"{sum(weight.numel() for weight in built.parameters()):,}"


def tell_game(entry: Entry, settings: list[str]) -> list[RenderableType]:
    """Return a game's options, players, and, for the options set, the phases of a round.

    Raises:
        UserError: A setting is unknown or of the wrong type.
    """
    game = entry.component
    options = check_options(game, read_settings(settings, "n_dis=5"), "", GIVEN["game"])
    rows = [[player.name, ", ".join(player.networks)] for player in game.players]
    players = table("players", ["player", "networks"], rows)
    roles = f"roles: {', '.join(game.roles)}"
    return [*tell_options(entry, []), players, roles, *_phases(game, options)]


def _phases(game: type[Game], options: Mapping[str, Any]) -> list[RenderableType]:
    """Return the table of phases, laid out for networks that stand in for real ones where the roles have any."""
    from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss  # brings all of torchmetrics along

    if not set(game.roles) <= TOY_NETWORKS.roles.keys():
        return []
    parts = Parts(DataSpec((1, 8, 8), (1, 1, 1)), 4, TOY_NETWORKS.roles, ToyLoss())
    phases = game(parts, **options).phases()  # type: ignore[call-arg]  # a subclass makes its networks itself
    rows = [
        [phase.player, ", ".join(phase.terms), str(phase.turns), str(phase.every), f"{phase.gain:g}"]
        + ["yes" if flag else "no" for flag in (phase.fresh, phase.counts)]
        for phase in phases
    ]
    columns = ["player", "minimises", "turns", "every", "gain", "fresh samples", "counts as update"]
    return [table("phases of a round", columns, rows)]


TELL: Mapping[str, Callable[[Entry, list[str]], list[RenderableType]]] = {
    "architecture": tell_architecture,
    "game": tell_game,
}
