"""From plain containers to a `Study`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gan_lightning.errors import nearest
from gan_lightning.recipe.numbers import refuse_odd_numbers
from gan_lightning.recipe.options import OptionError, check_options, convert
from gan_lightning.study.measures import MEASURES, measure_class
from gan_lightning.study.schema import Claim, Study, Task, Variant

_KEYS = ("name", "title", "baseline", "seeds", "recipes", "variants", "axes", "claims")
_TASK_KEYS = ("measure", "recipe", "ranks")


def parse_study(plain: Mapping[str, Any], name: str = "study") -> Study:
    """Check a study given as plain containers.

    Args:
        plain: The study.
        name: What it is called if it does not say.

    Raises:
        OptionError: A key is unknown, missing or of the wrong type.
    """
    refuse_odd_numbers(plain)
    _refuse_unknown(plain, _KEYS, "")
    variants = _variants(_mapping(plain.get("variants"), "variants"))
    recipes = {key: _mapping(part, f"recipes.{key}") for key, part in _mapping(plain.get("recipes"), "recipes").items()}
    tasks = _tasks(_mapping(plain.get("axes"), "axes"), recipes)
    names = [variant.name for variant in variants]
    for variant in variants:
        _refuse_unknown(variant.per_recipe, tuple(recipes), f"variants.{variant.name}.per_recipe")
    return Study(
        name=convert(plain.get("name", name), str, "name"),
        title=convert(plain.get("title", name), str, "title"),
        baseline=one_of(plain.get("baseline", names[0]), names, "baseline"),
        seeds=_seeds(plain.get("seeds", [0])),
        recipes=recipes,
        variants=variants,
        tasks=tasks,
        claims=_claims(plain.get("claims") or [], names, tasks),
    )


def _variants(plain: Mapping[str, Any]) -> tuple[Variant, ...]:
    found = []
    for name, value in plain.items():
        _check_name(name, f"variants.{name}")
        changes = dict(_mapping(value or {}, f"variants.{name}", empty=True))
        per_recipe = _mapping(changes.pop("per_recipe", {}), f"variants.{name}.per_recipe", empty=True)
        found.append(Variant(name, changes, per_recipe))
    return tuple(found)


def _tasks(plain: Mapping[str, Any], recipes: Mapping[str, Any]) -> tuple[Task, ...]:
    found: list[Task] = []
    for axis, tasks in plain.items():
        _check_name(axis, f"axes.{axis}")
        for name, value in _mapping(tasks, f"axes.{axis}").items():
            where = f"axes.{axis}.{name}"
            _check_name(name, where)
            if name in [task.name for task in found] or name in plain:
                raise OptionError(where, "another task or axis has this name already")
            found.append(_task(name, axis, _mapping(value, where), recipes, where))
    return tuple(found)


def _task(name: str, axis: str, plain: Mapping[str, Any], recipes: Mapping[str, Any], where: str) -> Task:
    measure = one_of(plain.get("measure"), list(MEASURES), f"{where}.measure")
    recipe = one_of(plain.get("recipe"), list(recipes), f"{where}.recipe")
    given = {key: value for key, value in plain.items() if key not in _TASK_KEYS}
    options = check_options(measure_class(measure), given, where)
    ranks = convert(plain.get("ranks", []), list[str], f"{where}.ranks")
    return Task(name, axis, measure, options, recipe, tuple(ranks))


def _claims(plain: Any, variants: Sequence[str], tasks: Sequence[Task]) -> tuple[Claim, ...]:
    found = []
    for index, value in enumerate(convert(plain, list[Any], "claims")):
        where = f"claims[{index}]"
        claim = Claim(**check_options(Claim, _mapping(value, where), where))
        one_of(claim.variant, variants, f"{where}.variant")
        one_of(claim.value.partition(".")[0], [task.name for task in tasks], f"{where}.value")
        if isinstance(claim.than, str):
            one_of(claim.than, variants, f"{where}.than")
        found.append(claim)
    return tuple(found)


def _seeds(value: Any) -> tuple[int, ...]:
    seeds = convert(value, list[int], "seeds")
    if not seeds or len(set(seeds)) < len(seeds):
        raise OptionError("seeds", f"expected one or more different whole numbers, got {value!r}")
    return tuple(seeds)


def one_of(value: Any, choices: Sequence[str], where: str) -> str:
    """Return a value that is one of the choices.

    Raises:
        OptionError: It is none of them; `where` is its key.
    """
    if not isinstance(value, str) or value not in choices:
        raise OptionError(where, f"there is no {value!r}; {nearest(str(value), choices)}")
    return value


def _refuse_unknown(plain: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in plain:
        if key not in known:
            raise OptionError(f"{where}.{key}" if where else str(key), f"unknown key; {nearest(str(key), known)}")


def _mapping(value: Any, where: str, *, empty: bool = False) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not (value or empty):
        raise OptionError(where, f"expected keys and values, got {value!r}")
    return value


def _check_name(name: Any, where: str) -> None:
    """Names become folders, and are matched by patterns with slashes."""
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").replace(".", "").isalnum():
        raise OptionError(where, f"expected a name of letters, digits, '_', '-' and '.', got {name!r}")
