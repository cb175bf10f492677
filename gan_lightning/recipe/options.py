"""Options of components, read from constructor signatures, and the check of a recipe's values against them."""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from gan_lightning.errors import UserError, nearest
from gan_lightning.schedule import Schedule, is_schedule, parse_schedule
from gan_lightning.signatures import constructors

REQUIRED = inspect.Parameter.empty


class OptionError(UserError):
    """A value of a recipe that cannot be; `key` is its dotted path."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


@dataclass(frozen=True)
class Option:
    """One keyword of a component's constructor."""

    name: str
    hint: Any
    default: Any
    text: str

    @property
    def required(self) -> bool:
        """Whether a recipe must give it."""
        return self.default is REQUIRED

    @property
    def type_name(self) -> str:
        """The type as a reader would write it."""
        return describe_type(self.hint)


def options_of(component: Callable[..., Any], skip: int = 0) -> dict[str, Option]:
    """Return the options of a class or function, by name: its own, then those of bases it passes keywords on to.

    Args:
        component: What is constructed.
        skip: How many leading parameters are no options, such as a network's ``data`` and ``classes``.
    """
    texts = _argument_texts(component)
    defaults = _field_defaults(component)
    found: dict[str, Option] = {}
    for constructor in _constructors(component):
        hints = typing.get_type_hints(constructor, localns=_names_of_bases(component))
        leading = skip + (constructor is not component)  # a class's own constructor takes the object first
        for parameter in list(inspect.signature(constructor).parameters.values())[leading:]:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.name in found:
                continue
            default = defaults.get(parameter.name, parameter.default)
            hint, text = hints.get(parameter.name, Any), texts.get(parameter.name, "")
            found[parameter.name] = Option(parameter.name, hint, default, text)
    return found


def check_options(
    component: Callable[..., Any], values: Mapping[str, Any], where: str, skip: int = 0
) -> dict[str, Any]:
    """Return `values` converted to the types of a component's options; schedules become `Schedule` objects.

    Raises:
        OptionError: An option is unknown, missing, or of the wrong type.
    """
    options = options_of(component, skip)
    for name in values:
        if name not in options:
            raise OptionError(_join(where, name), f"unknown key; {nearest(name, options)}")
    for name, option in options.items():
        if option.required and name not in values:
            raise OptionError(where, f"{name} must be given ({option.type_name})")
    return {name: convert(value, options[name].hint, _join(where, name)) for name, value in values.items()}


def convert(value: Any, hint: Any, where: str) -> Any:
    """Return `value` as the type `hint` wants it.

    Raises:
        OptionError: It is of another type.
    """
    if is_schedule(value) and _admits_number(hint):
        return _schedule(value, where)
    origin = typing.get_origin(hint)
    if origin in _GENERIC:
        return _GENERIC[origin](value, hint, where)
    if hint in _PLAIN and _PLAIN[hint](value):
        return hint(value)
    if hint is Any or hint is None:
        return value
    raise OptionError(where, f"expected {describe_type(hint)}, got {_describe_value(value, hint)}")


def describe_type(hint: Any) -> str:
    """Write a type as a person would: ``int or null``, ``one of 'batch', 'none'``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(_spell(choice) for choice in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe_type(part) for part in arguments)
    if origin in (dict, Mapping):
        return "keys and values"
    if origin is not None and arguments:
        inner = [describe_type(part) for part in arguments if part is not Ellipsis]
        return f"list of {inner[0]}" if len(set(inner)) == 1 else f"list of ({', '.join(inner)})"
    return _NAMES.get(hint, getattr(hint, "__name__", str(hint)))


# --- Types ------------------------------------------------------------------------------------------------------------

_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Path: "a path"}
_NAMES |= {type(None): "null", Any: "anything"}

_PLAIN: dict[Any, Callable[[Any], bool]] = {
    int: lambda value: isinstance(value, int) and not isinstance(value, bool),
    float: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    bool: lambda value: isinstance(value, bool),
    str: lambda value: isinstance(value, str),
    Path: lambda value: isinstance(value, str | Path),
    dict: lambda value: isinstance(value, Mapping),
    list: lambda value: isinstance(value, list),
}


def _schedule(value: Any, where: str) -> Schedule:
    try:
        schedule = parse_schedule(value, where)
    except UserError as error:
        key, _, said = str(error).partition(": ")
        raise OptionError(key, said) from error
    for unit in ("images", "steps"):
        length = getattr(schedule, unit)
        if length is not None and length <= 0:
            raise OptionError(f"{where}.{schedule.curve}.{unit}", f"expected more than 0, got {length:g}")
    return schedule


def _literal(value: Any, hint: Any, where: str) -> Any:
    choices = typing.get_args(hint)
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    close = nearest(str(value), [str(choice) for choice in choices])
    raise OptionError(where, f"expected {describe_type(hint)}, got {_spell(value)}; {close}")


def _union(value: Any, hint: Any, where: str) -> Any:
    members = typing.get_args(hint)
    if value is None and type(None) in members:
        return None
    errors = []
    for member in members:
        if member is type(None):
            continue
        try:
            return convert(value, member, where)
        except OptionError as error:
            errors.append(error)
    raise (
        errors[0]
        if len(errors) == 1
        else OptionError(where, f"expected {describe_type(hint)}, got {_describe_value(value, hint)}")
    )


def _sequence(value: Any, hint: Any, where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise OptionError(where, f"expected a {describe_type(hint)}, got {_describe_value(value, hint)}")
    arguments = typing.get_args(hint)
    make = typing.get_origin(hint)
    if make is tuple and Ellipsis not in arguments:
        if len(value) != len(arguments):
            raise OptionError(where, f"expected {len(arguments)} values, got {len(value)}")
        inner = arguments
    else:
        inner = (arguments[0],) * len(value)
    assert make is not None
    return make(
        convert(part, kind, f"{where}[{index}]") for index, (part, kind) in enumerate(zip(value, inner, strict=True))
    )


def _mapping(value: Any, hint: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise OptionError(where, f"expected keys and values, got {_describe_value(value, hint)}")
    kind = typing.get_args(hint)[1]
    return {key: convert(part, kind, _join(where, key)) for key, part in value.items()}


_GENERIC: dict[Any, Callable[[Any, Any, str], Any]] = {
    Literal: _literal,
    typing.Union: _union,
    types.UnionType: _union,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
    Mapping: _mapping,
}


def _admits_number(hint: Any) -> bool:
    return hint is float or any(_admits_number(part) for part in typing.get_args(hint))


def _describe_value(value: Any, hint: Any) -> str:
    if isinstance(value, str) and (hint in (int, float) or _admits_number(hint)):
        return f"the text {value!r}; write numbers without quotes, with a point: 1.0e-4"
    if isinstance(value, float) and hint is int and value.is_integer():
        return f"{value!r}; write {int(value)}"
    return _spell(value)


def _spell(value: Any) -> str:
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else repr(value)
    )


# --- Reading constructors ---------------------------------------------------------------------------------------------


def _constructors(component: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Yield what takes a component's options: itself, or its constructor and those it passes keywords on to."""
    return constructors(component) if inspect.isclass(component) else iter([component])


def _names_of_bases(component: Callable[..., Any]) -> dict[str, Any]:
    """Return what types may be called where the fields of a dataclass are written: its bases stand in other modules."""
    bases = component.__mro__ if inspect.isclass(component) and is_dataclass(component) else ()
    return {name: value for base in reversed(bases) for name, value in vars(sys.modules[base.__module__]).items()}


def _field_defaults(component: Callable[..., Any]) -> dict[str, Any]:
    """Return what the default factories of a dataclass make, where a signature shows only a marker."""
    if not is_dataclass(component):
        return {}
    return {field.name: field.default_factory() for field in fields(component) if field.default_factory is not MISSING}


def _argument_texts(component: Callable[..., Any]) -> dict[str, str]:
    """Read the ``Args:`` section of a docstring, and those of the classes it is built on."""
    texts: dict[str, str] = {}
    for owner in reversed(getattr(component, "__mro__", (component,))):
        texts.update(_read_arguments(inspect.getdoc(owner) or "" if owner is component else owner.__doc__ or ""))
    return texts


def _read_arguments(docstring: str) -> dict[str, str]:
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", inspect.cleandoc(docstring), re.MULTILINE | re.DOTALL)
    if section is None:
        return {}
    entries = re.split(r"^ {4}(\w+):", section.group(1), flags=re.MULTILINE)[1:]
    return {name: " ".join(text.split()) for name, text in zip(entries[::2], entries[1::2], strict=True)}


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
