"""What every component promises, whatever its kind."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_lightning.components import Architecture, Augmentation, Dataset, Extractor, Loss, Rule
from gan_lightning.game import Game
from gan_lightning.metrics.score import Score
from gan_lightning.origin import Origin
from gan_lightning.recipe.options import convert
from gan_lightning.testing.subject import Promise, Subject, keep, require

_BASES: dict[str, type] = {
    "loss": Loss,
    "penalty": Rule,
    "game": Game,
    "dataset": Dataset,
    "augmentation": Augmentation,
    "metric": Score,
    "extractor": Extractor,
}
_ARXIV = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}")


def is_what_its_hook_says(subject: Subject) -> None:
    """Its reference can be imported and leads to a component of its kind."""
    component = subject.component
    if subject.kind == "architecture":
        require(isinstance(component, Architecture), f"expected an Architecture, got {component!r}")
        return
    base = _BASES[subject.kind]
    fits = inspect.isclass(component) and issubclass(component, base)
    require(fits, f"expected a subclass of {base.__name__}, got {component!r}")
    require(not inspect.isabstract(component), f"abstract methods are missing: {_abstract(component)}")


def says_what_it_is(subject: Subject) -> None:
    """It has a docstring of its own."""
    for name, (construct, _) in subject.constructors().items():
        text = construct.__doc__ or ""
        generated = text.startswith(f"{getattr(construct, '__name__', '')}(")  # what dataclass writes by itself
        require(bool(text.strip()) and not generated, f"{name} has no docstring")


def says_where_it_comes_from(subject: Subject) -> None:
    """It has an origin: a paper with a plausible year and arXiv number, or None where there is no paper."""
    require(hasattr(subject.component, "origin"), "it has no `origin`; expected an Origin, or None")
    origin = subject.component.origin
    if origin is None:
        return
    require(isinstance(origin, Origin), f"origin: expected an Origin, got {origin!r}")
    require(bool(origin.paper.strip()), "origin.paper is empty")
    require(1900 < origin.year < 2100, f"origin.year: {origin.year} is no year")
    numbered = origin.arxiv is None or bool(_ARXIV.fullmatch(origin.arxiv))
    require(numbered, f"origin.arxiv: {origin.arxiv!r} is no number such as '1406.2661'")


def documents_its_options(subject: Subject) -> None:
    """Every option has a type and a text in the Args section of a docstring."""
    for name, options in subject.options().items():
        for option in options.values():
            require(option.hint is not Any, f"option {option.name} of {name} has no type")
            require(bool(option.text), f"option {option.name} of {name} has no text under Args: in the docstring")


def has_defaults_that_a_recipe_may_write(subject: Subject) -> None:
    """Its defaults, written to a recipe and read back, pass the recipe checker and are what they were."""
    for name, options in subject.options().items():
        for key, option in options.items():
            if not option.required:
                back = convert(_written(option.default), option.hint, f"{name}.{key}")
                require(back == option.default, f"the default of {key}, {option.default!r}, comes back as {back!r}")


def keep_all(
    kind: str, component: Any, promises: Sequence[Promise], name: str = "", settings: Mapping[str, Any] | None = None
) -> None:
    """Check the general promises and those of a kind.

    Raises:
        AssertionError: One is broken; the message names component and promise.
    """
    subject = Subject.of(kind, component, name, settings)
    for promise in (*GENERAL, *promises):
        keep(subject, promise)


def _written(value: Any) -> Any:
    """Return a value as YAML would hold it."""
    if isinstance(value, list | tuple):
        return [_written(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def _abstract(component: Any) -> str:
    return ", ".join(sorted(getattr(component, "__abstractmethods__", ())))


GENERAL: Sequence[Promise] = (
    is_what_its_hook_says,
    says_what_it_is,
    says_where_it_comes_from,
    documents_its_options,
    has_defaults_that_a_recipe_may_write,
)
