"""Recipes and overrides of any shape are a recipe or one line; they run, read and write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gan_lightning.catalog import Catalog
from gan_lightning.cli.settings import read_settings
from gan_lightning.errors import UserError
from gan_lightning.plugins import KINDS
from gan_lightning.recipe import Recipe, load_recipe

SHIPPED = sorted((Path(__file__).parents[2] / "recipes").rglob("*.yaml"))
PLAIN = [yaml.safe_load(path.read_text()) for path in SHIPPED]
SECRET = "s3cr3t-of-the-environment"

REFERENCES = [
    "${oc.env:GL_SECRET}",
    "${oc.env:GL_SECRET,x}",
    "${ oc.env : GL_SECRET }",
    "${${run.name}:GL_SECRET}",
    "${oc.${run.name}:GL_SECRET}",
    "${oc.decode:'${oc.env:GL_SECRET}'}",
    "${oc.select:seed}",
    "${seed}",
    "${train}",
    "${train.steps}",
    "${run.name}",
    "${loss}",
    "${.}",
    "${..}",
    "${no.such}",
    "${",
    "\\${seed}",
    "???",
]
TAGGED = [
    "!!python/object/apply:os.system ['touch sprung']",
    "!!python/name:os.system",
    "!!python/object/new:os.system ['touch sprung']",
    "!!binary aGVsbG8=",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "2001-01-01",
    "2001-01-01T01:02:03Z",
    "!unknown {a: 1}",
    "&a [*a]",
    "&a {b: *a}",
    "*nowhere",
    "{<<: {steps: 3}}",
    "{? [a, b] : c}",
    "{? {a: b} : c}",
    "0x" + "f" * 5000,
    "9" * 5000,
    "1" + "_0" * 400,
    "0b" + "1" * 70,
    "190:20:30",
    "1e999",
    ".nan",
    "-.inf",
    "~",
    "no",
    "010",
    "[" * 1500 + "]" * 1500,
    "{a: " * 1500 + "}" * 1500,
    "|\n  text\n  of lines\n",
]

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(REFERENCES),
    st.sampled_from(["oc.env", "../../up", "/", ".", "a\nb", "\x1b[2J", "a\u2028b", "\x00", "name", "adam", "off"]),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 100),
    st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400]),
    st.floats(),
    texts,
)
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(texts, st.integers(), st.none()), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def places(draw, tree):
    """Draw the way to some place in a tree of mappings and lists."""
    way = []
    while isinstance(tree, dict | list) and tree and (not way or draw(st.integers(0, 3))):
        key = draw(st.sampled_from(sorted(tree, key=str) if isinstance(tree, dict) else range(len(tree))))
        way.append(key)
        tree = tree[key]
    return way


@st.composite
def mutants(draw):
    """Draw a shipped recipe in which some values are replaced, removed or surrounded by unknown keys."""
    tree = yaml.safe_load(yaml.safe_dump(draw(st.sampled_from(PLAIN))))
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(places(tree))
        owner = tree
        for key in above:
            owner = owner[key]
        act = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "wrap"]))
        if act == "replace":
            owner[last] = draw(junk)
        elif act == "wrap":
            owner[last] = draw(st.sampled_from([[owner[last]], {"name": owner[last]}, {last: owner[last]}]))
        elif act == "remove" and len(tree) > 1:
            del owner[last]
        elif isinstance(owner, dict):
            owner[draw(texts)] = draw(junk)
    return tree


@st.composite
def tagged(draw):
    """Draw the text of a shipped recipe with one value written as YAML that means more than plain data."""
    tree = yaml.safe_load(yaml.safe_dump(draw(st.sampled_from(PLAIN))))
    *above, last = draw(places(tree))
    owner = tree
    for key in above:
        owner = owner[key]
    owner[last] = "HERE"
    text = yaml.safe_dump(tree, default_flow_style=True, width=10**6)
    return text.replace("HERE", draw(st.sampled_from(TAGGED)))


@pytest.fixture(scope="module")
def catalog():
    found = Catalog.installed()
    for kind in KINDS:
        for entry in found.entries(kind):
            assert entry.component is not None  # imported now, so that no import is taken for a side effect
    return found


@pytest.fixture
def load(catalog, tmp_path, monkeypatch, side_effects):
    """Load a recipe's text with overrides; assert that nothing but a recipe or one line comes of it."""
    monkeypatch.setenv("GL_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "recipe.yaml"

    def attempt(text: str | bytes, *overrides: str) -> Recipe | UserError:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        side_effects.clear()
        try:
            found = load_recipe(path, overrides, catalog)
            told = repr(found.as_dict())
        except UserError as error:
            found, told = error, str(error)
            assert told.isprintable(), "one line, without control characters"
        assert SECRET not in told
        assert side_effects == []
        assert {path.name for path in tmp_path.iterdir()} <= {"recipe.yaml", "below"}
        return found

    return attempt


@given(tree=mutants())
def test_a_mutated_recipe(load, tree):
    load(yaml.safe_dump(tree, allow_unicode=True))


@given(text=tagged())
def test_a_recipe_with_tags_aliases_and_odd_scalars(load, text):
    load(text)


@given(text=st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_a_file_of_anything(load, text):
    load(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)


@given(below=mutants(), above=mutants(), way=texts)
def test_a_recipe_laid_over_another(load, below, above, way):
    folder = Path.cwd() / "below"
    folder.mkdir(exist_ok=True)
    (folder / "base.yaml").write_text(yaml.safe_dump(below))
    extends = [{"extends": "below/base.yaml"}, {"extends": way}][len(way) % 2]
    load(yaml.safe_dump({**above, **extends} if isinstance(above, dict) else above))


NAMES = ["train", "steps", "optimizers", "generator", "lr", "loss", "name", "run", "extends", "data", "path"]
keys = st.lists(st.one_of(st.sampled_from(NAMES), texts), min_size=1, max_size=4).map(".".join)
written = junk.map(lambda value: yaml.safe_dump(value, default_flow_style=True))
overrides = st.builds(
    "{}{}{}".format,
    keys,
    st.sampled_from(["=", "=", "=", "==", "", "[0]="]),
    st.one_of(texts, st.sampled_from(TAGGED), written),
)


@given(words=st.lists(overrides, max_size=3), text=st.sampled_from([path.read_text() for path in SHIPPED]))
def test_overrides_of_any_shape(load, words, text):
    load(text, *words)


@given(words=st.lists(overrides, min_size=1, max_size=3))
def test_settings_of_commands_of_any_shape(side_effects, monkeypatch, words):
    monkeypatch.setenv("GL_SECRET", SECRET)
    try:
        told = repr(read_settings(words, "resolution=64"))
    except UserError as error:
        told = str(error)
        assert told.isprintable()
    assert SECRET not in told
    assert side_effects == []
