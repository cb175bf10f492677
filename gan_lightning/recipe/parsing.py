"""From plain containers to a `Recipe`: every key, type and component checked before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import PurePath
from typing import Any

from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError, nearest
from gan_lightning.recipe.numbers import refuse_odd_numbers
from gan_lightning.recipe.optimizers import OPTIMIZERS, check_optimizer
from gan_lightning.recipe.options import OptionError, check_options, convert, options_of
from gan_lightning.recipe.schema import (
    LEAST,
    CheckpointSection,
    Component,
    DataSection,
    EMASection,
    EvaluateSection,
    GuardSection,
    LogSection,
    Recipe,
    RunSection,
    SampleSection,
    TrainSection,
)
from gan_lightning.recipe.trainer import check_trainer
from gan_lightning.schedule import Schedule

#: Leading parameters of a component's constructor that are not options, by kind.
GIVEN = {"architecture": 2, "game": 1, "optimizer": 1}

# Sections whose numbers are set anew before each round.
_SCHEDULED = (EMASection,)


def parse(plain: Mapping[str, Any], catalog: Catalog) -> Recipe:
    """Check a recipe.

    Args:
        plain: The recipe as plain containers, overrides applied.
        catalog: The components there are.

    Raises:
        OptionError: A key is unknown, missing or of the wrong type, or names a component that does not exist.
    """
    refuse_odd_numbers(plain)
    parser = _Parser(catalog)
    known = {entry.name for entry in fields(Recipe)}
    for key in plain:
        if key not in known:
            raise OptionError(str(key), f"unknown key; {nearest(str(key), known)}")
    for key in ("data", "architecture", "train", "run"):
        if plain.get(key) is None:
            raise OptionError(key, "must be given")
    game = parser.component("game", _default_game(plain.get("game")), "game")
    players = [player.name for player in catalog.find("game", game.name).component.players]
    data = parser.data(plain["data"])
    return Recipe(
        data=data,
        architecture=parser.architecture(plain["architecture"], game),
        game=game,
        loss=parser.optional("loss", plain.get("loss"), "loss"),
        penalties=parser.components("penalty", plain.get("penalties"), "penalties"),
        augment=parser.components("augmentation", plain.get("augment"), "augment"),
        optimizers=parser.optimizers(plain.get("optimizers") or {}, players),
        ema=parser.section(EMASection, plain.get("ema", {}), "ema"),
        train=parser.section(TrainSection, plain["train"], "train"),
        evaluate=parser.evaluate(plain.get("evaluate"), data.component),
        sample=parser.section(SampleSection, plain.get("sample", {}), "sample"),
        checkpoint=parser.section(CheckpointSection, plain.get("checkpoint") or {}, "checkpoint"),
        guard=parser.section(GuardSection, plain.get("guard") or {}, "guard"),
        log=parser.section(LogSection, plain.get("log") or {}, "log"),
        logger=parser.loggers(plain.get("logger", ["csv"])),
        performance=parser.performance(plain.get("performance", "auto")),
        trainer=check_trainer(plain.get("trainer") or {}),
        run=parser.run(plain["run"]),
        seed=convert(plain.get("seed", 0), int, "seed"),
    )


def _default_game(value: Any) -> Any:
    """Name the usual game where a recipe names none, whether or not it sets options."""
    return {"name": "two_player", **value} if isinstance(value, Mapping) else value or "two_player"


class _Parser:
    """Checks parts of a recipe against the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def section(self, kind: type, value: Any, where: str) -> Any:
        """Check one of the fixed sections; null where that means to do without."""
        if value is None:
            return None
        return kind(**_own(kind, _mapping(value, where), where))

    def run(self, value: Any) -> RunSection:
        """Check the run; without a folder of its own, its name is that of one in ``runs/``."""
        section: RunSection = self.section(RunSection, value, "run")
        name = PurePath(section.name)
        if section.dir is None and (not name.parts or name.is_absolute() or ".." in name.parts):
            raise OptionError("run.name", f"{section.name!r} is no name in runs/; give a folder anywhere as run.dir")
        if "\0" in str(section.folder):
            raise OptionError("run", f"{str(section.folder)!r} cannot be the name of a folder")
        return section

    def component(self, kind: str, value: Any, where: str) -> Component:
        """Check ``name`` or ``{name: ..., options}``."""
        name, options = _name_and_options(value, where)
        return Component(name, self._options(self._find(kind, name, where), options, where, GIVEN.get(kind, 0)))

    def optional(self, kind: str, value: Any, where: str) -> Component | None:
        """Check a component that may be null."""
        return None if value is None else self.component(kind, value, where)

    def components(self, kind: str, value: Any, where: str) -> list[Component]:
        """Check a list of components, each named at most once."""
        if value is not None and not isinstance(value, list):
            raise OptionError(where, f"expected a list, such as [{{name: ...}}], got {value!r}")
        found = [self.component(kind, part, f"{where}[{index}]") for index, part in enumerate(value or [])]
        names = [part.name for part in found]
        for name in names:
            if names.count(name) > 1:
                raise OptionError(where, f"{name!r} is listed twice")
        return found

    def performance(self, value: Any) -> Any:
        """Check ``auto`` or ``off``, which YAML 1.1 reads as false."""
        return convert("off" if value is False else value, options_of(Recipe)["performance"].hint, "performance")

    def data(self, value: Any) -> DataSection:
        """Check the data: keys of serving, and the data set's own."""
        name, options = _name_and_options(value, "data")
        serving: dict[str, Any] = {key: options.pop(key) for key in ("batch_size", "flip") if key in options}
        checked = _own(DataSection, serving, "data", skip=1)
        dataset = self._find("dataset", name, "data")
        _refuse_unknown(options, [*options_of(dataset), "batch_size", "flip"], "data")
        return DataSection(Component(name, self._options(dataset, options, "data", 0)), **checked)

    def architecture(self, value: Any, game: Component) -> dict[str, Component]:
        """Check the network of each role that the game has."""
        roles = self.catalog.find("game", game.name).component.roles
        common, given = (value, {}) if isinstance(value, str) else (None, dict(_mapping(value, "architecture")))
        common = _name(given.pop("name", common), "architecture")
        for role in given:
            if role not in roles:
                raise OptionError(f"architecture.{role}", f"unknown key; {nearest(role, [*roles, 'name'])}")
        return {role: self._network(role, given.get(role), common) for role in roles}

    def _network(self, role: str, value: Any, common: str | None) -> Component:
        where = f"architecture.{role}"
        options: dict[str, Any] = {}
        if value is not None:
            options = {"name": value} if isinstance(value, str) else dict(_mapping(value, where))
        name = _name(options.pop("name", common), where)
        if name is None:
            raise OptionError(where, "must be given, or a name for all roles as architecture.name")
        architecture = self._find("architecture", name, where)
        if role not in architecture.roles:
            raise OptionError(where, f"{name!r} has no {role}; {nearest(role, architecture.roles)}")
        return Component(name, self._options(architecture.roles[role], options, where, GIVEN["architecture"]))

    def optimizers(self, value: Any, players: list[str]) -> dict[str, Component]:
        """Check each player's optimiser."""
        given = _mapping(value, "optimizers")
        for name in given:
            if name not in players:
                raise OptionError(f"optimizers.{name}", f"the game has no such player; {nearest(name, players)}")
        return {player: self._optimizer(given.get(player), f"optimizers.{player}") for player in players}

    def _optimizer(self, value: Any, where: str) -> Component:
        if value is None:
            raise OptionError(where, "must be given, such as {name: adam, lr: 2.0e-4}")
        name, options = _name_and_options(value, where)
        if name not in OPTIMIZERS:
            raise OptionError(f"{where}.name", f"there is no optimizer {name!r}; {nearest(name, OPTIMIZERS)}")
        optimizer = Component(name, self._options(OPTIMIZERS[name], options, where, GIVEN["optimizer"]))
        check_optimizer(optimizer, where)
        return optimizer

    def evaluate(self, value: Any, data: Component) -> EvaluateSection | None:
        """Check what is scored, with which other options of the data set."""
        if value is None:
            return None
        options = dict(_mapping(value, "evaluate"))
        options["metrics"] = self.components("metric", options.get("metrics"), "evaluate.metrics")
        options["extractor"] = self.optional("extractor", options.get("extractor"), "evaluate.extractor")
        options["data"] = self._changes(options.get("data") or {}, data, "evaluate.data")
        parts = {key: options.pop(key) for key in ("metrics", "extractor", "data")}
        section = EvaluateSection(**parts, **_own(EvaluateSection, options, "evaluate", skip=2))
        self._check_scores(section)
        return section

    def _changes(self, value: Any, component: Component, where: str) -> dict[str, Any]:
        """Check options that differ from those a data set has already."""
        known, given = options_of(self._find("dataset", component.name, where)), _mapping(value, where)
        _refuse_unknown(given, [*known], where)
        return {name: convert(part, known[name].hint, f"{where}.{name}") for name, part in given.items()}

    def _check_scores(self, section: EvaluateSection) -> None:
        from gan_lightning.metrics.score import EXTRACTED

        if not section.metrics:
            raise OptionError("evaluate.metrics", "must name at least one metric")
        scores = [self.catalog.find("metric", part.name).component for part in section.metrics]
        for part, score in zip(section.metrics, scores, strict=True):
            if score.sees in EXTRACTED and section.extractor is None:
                raise OptionError("evaluate.extractor", f"the metric {part.name!r} compares features and needs one")
        values = [value for score in scores for value in score.better]
        if section.best is not None and section.best not in values:
            raise OptionError(
                "evaluate.best", f"no metric listed gives {section.best!r}; {nearest(section.best, values)}"
            )

    def loggers(self, value: Any) -> list[Component]:
        """Check the loggers; the table in the run folder is always one."""
        from gan_lightning.loggers import LOGGERS, logger_class

        found: list[Component] = []
        for index, part in enumerate(_listed(value)):
            where = f"logger[{index}]"
            name, options = _name_and_options(part, where)
            if name not in LOGGERS:
                raise OptionError(where, f"there is no logger {name!r}; {nearest(name, LOGGERS)}")
            if name in [other.name for other in found]:
                raise OptionError(where, f"{name!r} is listed twice")
            found.append(Component(name, self._options(logger_class(name), options, where, LOGGERS[name][2])))
        return found if any(part.name == "csv" for part in found) else [Component("csv"), *found]

    def _find(self, kind: str, name: str, where: str) -> Any:
        try:
            return self.catalog.find(kind, name).component
        except UserError as error:
            raise OptionError(where, str(error)) from error

    def _options(
        self, component: Callable[..., Any], given: Mapping[str, Any], where: str, skip: int
    ) -> dict[str, Any]:
        defaults = {name: option.default for name, option in options_of(component, skip).items() if not option.required}
        return {**defaults, **check_options(component, given, where, skip)}


def _own(section: type, given: Mapping[str, Any], where: str, skip: int = 0) -> dict[str, Any]:
    """Check a section's own keys, types and ranges."""
    checked = check_options(section, given, where, skip)
    for name, value in checked.items():
        if isinstance(value, Schedule) and section not in _SCHEDULED:
            raise OptionError(f"{where}.{name}", "this number cannot follow a schedule")
        least = LEAST.get(f"{where}.{name}")
        lowest = min(value.start, value.end) if isinstance(value, Schedule) else value
        if least is not None and lowest is not None and lowest < least:
            raise OptionError(f"{where}.{name}", f"expected at least {least}, got {lowest!r}")
    return checked


def _refuse_unknown(options: Mapping[Any, Any], known: list[str], where: str) -> None:
    for key in options:
        if key not in known:
            raise OptionError(f"{where}.{key}", f"unknown key; {nearest(key, known)}")


def _name_and_options(value: Any, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(value, str):
        return value, {}
    options = dict(_mapping(value, where))
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise OptionError(where, "name must be given")
    return name, options


def _name(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise OptionError(f"{where}.name", f"expected text, got {value!r}")
    return value


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OptionError(where, f"expected keys and values, got {value!r}")
    return value
