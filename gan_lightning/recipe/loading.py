"""Recipe files: YAML through OmegaConf, with `extends`, overrides, and errors that name file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from gan_lightning.catalog import Catalog
from gan_lightning.errors import UserError, nearest
from gan_lightning.recipe.merging import NAMED, lay_over, names_another
from gan_lightning.recipe.numbers import LOADER, refuse_odd_notation
from gan_lightning.recipe.options import OptionError
from gan_lightning.recipe.parsing import parse
from gan_lightning.recipe.references import check_references, refuse_resolvers
from gan_lightning.recipe.schema import Recipe


def load_recipe(path: Path, overrides: Sequence[str] = (), catalog: Catalog | None = None) -> Recipe:
    """Read and check a recipe.

    Args:
        path: The file; its ``extends`` key may name another one, relative to it, that it is laid over.
        overrides: ``key.sub=value`` settings that are laid over the file.
        catalog: The components there are; those of all installed plugins if None.

    Raises:
        UserError: Something in the file or the overrides is wrong; the message begins with file and line.
    """
    plain = lay_over_and_fill_in(_read(path), overrides, path)
    return check(plain, catalog or Catalog.installed(), Source(path, tuple(overrides)))


def lay_over_and_fill_in(config: DictConfig, overrides: Sequence[str], path: Path) -> dict[str, Any]:
    """Lay ``key.sub=value`` settings over what a file says, and fill in ``${other.key}``.

    Raises:
        UserError: A setting or a reference is wrong.
    """
    for override in overrides:
        config = _override(config, override)
    return _resolve(config, path)


def check(plain: Mapping[str, Any], catalog: Catalog, source: Source | None = None) -> Recipe:
    """Check a recipe given as plain containers and let plugins modify it.

    Raises:
        UserError: Something in it is wrong.
    """
    try:
        recipe = parse(plain, catalog)
    except OptionError as error:
        raise UserError(f"{source.locate(error.key) if source else 'recipe'}: {error}") from error
    catalog.call("modify_recipe", recipe=recipe)
    return recipe


@dataclass(frozen=True)
class Source:
    """Where a recipe's values were written, for messages."""

    path: Path
    overrides: tuple[str, ...] = ()

    def locate(self, key: str) -> str:
        """Return ``override`` or ``file:line`` of a dotted key, or of the nearest key above it that is written."""
        parts = [part for part in re.split(r"[.\[\]]+", key) if part]
        dotted = ".".join(parts)
        for override in reversed(self.overrides):  # a later one wins
            written = override.partition("=")[0]
            if dotted == written or dotted.startswith(f"{written}."):
                return f"override {override}"
        found = [(*_follow(file, parts), file) for file in _chain(self.path)]
        depth, line, file = max(found, key=lambda place: place[0])  # of equals the first, which is laid over the rest
        above = [override for override in self.overrides if override.startswith(f"{dotted}.")]
        if depth:
            return f"{file}:{line}"
        return f"override {above[0]}" if above else str(self.path)


def _chain(path: Path) -> Iterator[Path]:
    """Yield a recipe and those it is laid over."""
    yield path
    base = _child(yaml.compose(path.read_text("utf-8"), LOADER), "extends")
    if base is not None:
        yield from _chain(path.parent / base[0].value)


def _follow(path: Path, parts: Sequence[str]) -> tuple[int, int]:
    """Return how many parts of a key are written in a file, and the line of the last of them."""
    node: yaml.Node | None = yaml.compose(path.read_text("utf-8"), LOADER)
    depth = line = 0
    for part in parts:
        found = _child(node, part)
        if found is None:
            break
        node, line = found
        depth += 1
    return depth, line


def _child(node: yaml.Node | None, part: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        value = node.value[int(part)]
        return value, value.start_mark.line + 1
    return None


def _read(path: Path, seen: tuple[Path, ...] = ()) -> DictConfig:
    """Read a file and lay it over the one that it extends."""
    plain = load_yaml(path, "recipe")
    if path.resolve() in seen:
        raise UserError(f"{path}: extends itself")
    if "extends" not in plain:
        return OmegaConf.create(plain)
    base = plain.pop("extends")
    if not isinstance(base, str) or "${" in base:
        raise UserError(f"{path}: extends: expected a path, got {base!r}")
    below = _read(path.parent / base, (*seen, path.resolve()))
    with _blamed_on(str(path)):
        merged = lay_over(OmegaConf.to_container(below, resolve=False), plain)
        check_references(merged, str(path))
        made: DictConfig = OmegaConf.create(merged)
    return made


def load_yaml(path: Path, what: str) -> dict[Any, Any]:
    """Return the content of a file of keys and values, nothing filled in.

    Args:
        path: The file.
        what: What it should be, for messages: a recipe, a study.

    Raises:
        UserError: It is not there, is no YAML, or has something that no file of ours may have.
    """
    if not _is_file(path, what):
        siblings = (
            [str(path.parent / other.name) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        )
        raise UserError(f"there is no {what} {path}; {nearest(str(path), siblings)}")
    with _blamed_on(f"{path}: this is no {what}"):
        try:
            config = OmegaConf.load(path)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else "?"
            raise UserError(f"{path}:{line}: this is no YAML: {error.problem}") from error
        except OSError as error:
            raise UserError(f"{path}: this is no {what}: {error}") from error
        refuse_odd_notation(path.read_text("utf-8"), str(path))
    plain = OmegaConf.to_container(config, resolve=False)
    if not isinstance(plain, dict):
        raise UserError(f"{path}: expected keys and values at the top, got a {type(plain).__name__}")
    check_references(plain, str(path))
    return plain


def _is_file(path: Path, what: str) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a name that is too long, or a folder that may not be entered
        raise UserError(f"there is no {what} {path}: {error.strerror}") from error


def _override(config: DictConfig, override: str) -> DictConfig:
    key, equals, _ = override.partition("=")
    if not equals or not key:
        raise UserError(f"override {override!r}: expected key.sub=value")
    with _blamed_on(f"override {override!r}: cannot be applied"):
        value = OmegaConf.to_container(OmegaConf.from_dotlist([override]), resolve=False)
        for part in key.split("."):
            value = value[part]  # type: ignore[index, call-overload]
        refuse_odd_notation(override.partition("=")[2], f"override {override!r}")
        refuse_resolvers(value, f"override {override!r}")
        _name_bare_component(config, key)
        old = OmegaConf.select(config, key)
        component = key not in NAMED and isinstance(old, DictConfig) and isinstance(value, Mapping)
        replaced = component and names_another(old, value)  # type: ignore[arg-type]
        OmegaConf.update(config, key, value, merge=not replaced)
        check_references(OmegaConf.to_container(config, resolve=False), f"override {override!r}")
    return config


def _name_bare_component(config: DictConfig, key: str) -> None:
    """Write ``loss: hinge`` as ``loss: {name: hinge}`` where an override reaches below it."""
    parts = key.split(".")
    for end in range(1, len(parts)):
        parent = ".".join(parts[:end])
        bare = OmegaConf.select(config, parent)
        if isinstance(bare, str):
            OmegaConf.update(config, parent, {"name": bare})


def _resolve(config: DictConfig, path: Path) -> dict[str, Any]:
    """Fill in ``${other.key}``."""
    with _blamed_on(str(path)):
        plain = OmegaConf.to_container(config, resolve=True)
    refuse_resolvers(plain, str(path), re.compile(r"(?!)"))  # pieces of one may have been put together
    return plain  # type: ignore[return-value]


@contextmanager
def _blamed_on(where: str) -> Iterator[None]:
    """Let what OmegaConf and YAML say against a value begin with where it stands."""
    try:
        yield
    except (OmegaConfBaseException, yaml.YAMLError, LookupError, TypeError, AssertionError, ValueError) as error:
        raise UserError(f"{where}: {error}") from error
    except RecursionError as error:
        raise UserError(f"{where}: nested too deeply") from error
