"""Ways by which a recipe once could read the environment, never come to an end, or lead out of its folder."""

from __future__ import annotations

import pytest
import yaml
from toys import toy_catalog, toy_recipe

from gan_lightning.errors import UserError, one_line
from gan_lightning.recipe import check, load_recipe

SECRET = "s3cr3t-of-the-environment"


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


@pytest.fixture
def refuse(tmp_path, catalog, monkeypatch):
    """Load a recipe with changes and assert that it is refused in one line without what the environment holds."""
    monkeypatch.setenv("GL_SECRET", SECRET)

    def attempt(*overrides, text=None, **changes):
        path = tmp_path / "recipe.yaml"
        path.write_text(text or yaml.safe_dump(toy_recipe("runs/toy", **changes)))
        with pytest.raises(UserError) as caught:
            load_recipe(path, overrides, catalog)
        assert SECRET not in str(caught.value)
        assert str(caught.value).isprintable()
        return str(caught.value)

    return attempt


@pytest.mark.parametrize(
    "value", ["${${run.name}:GL_SECRET}", "${${run.name}:GL_SECRET,x}", "${oc.${run.name}:GL_SECRET}"]
)
def test_a_resolver_named_by_a_reference(refuse, value):
    assert "recipes run no resolvers" in refuse(run={"name": "oc.env", "dir": value})


def test_a_resolver_in_the_path_of_another_recipe(refuse):
    assert "extends: expected a path" in refuse(extends="${seed}", seed=3)
    assert "recipes run no resolvers" in refuse(extends="${oc.env:GL_SECRET}")


def test_a_resolver_above_an_override(refuse):
    assert "recipes run no resolvers" in refuse("loss.margin=1.0", loss="${oc.env:GL_SECRET}")
    assert "recipes run no resolvers" in refuse("seed=${oc.env:GL_SECRET}")


def test_a_reference_put_together_from_pieces(refuse):
    assert "recipes run no resolvers" in refuse(run={"name": "$", "dir": "${run.name}{oc.env:GL_SECRET}"})


def test_an_escaped_reference(refuse):
    assert "recipes run no resolvers" in refuse(run={"name": "\\${seed}", "dir": "x"})


def test_references_that_unfold_without_end(refuse):
    doubled = {f"a{index}": f"${{a{index + 1}}}${{a{index + 1}}}" for index in range(40)} | {"a40": "x"}
    assert "its references unfold to more than" in refuse(**doubled)
    lists = {f"b{index}": [f"${{b{index + 1}}}"] * 10 for index in range(12)} | {"b12": 1}
    assert "its references unfold to more than" in refuse(**lists)
    assert "override 'run.name=${run.name}': its references unfold" in refuse("run.name=${run.name}")
    assert "its references unfold" in refuse(run={"name": "${loss}"}, loss="${run.name}")


def test_nesting_without_end(refuse):
    for depth in (200, 900, 100_000):
        assert "recipe.yaml" in refuse(text="seed: " + "[" * depth + "]" * depth)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 2**63}, "seed: expected a whole number of 64 bits, got one of 64"),
        ({"seed": 16**5000}, "seed: expected a whole number of 64 bits, got one of 20001"),
        ({"train": {"steps": 5, "clip": float("nan")}}, "train.clip: expected a number, got NaN"),
        ({"ema": {"half_life_images": float("nan")}}, "ema.half_life_images: expected a number, got NaN"),
        ({"data": {"name": "mixture", 3: 4}}, "data.3: unknown key"),
        ({"train": {None: 4, "steps": 1}}, "train.None: unknown key"),
    ],
)
def test_numbers_and_keys_that_mean_nothing(catalog, changes, said):
    with pytest.raises(UserError, match=f"recipe: {said}"):
        check(toy_recipe("runs/toy", **changes), catalog)


def test_digits_beyond_what_python_reads(refuse):
    assert "recipe.yaml: this is no recipe" in refuse(text="seed: " + "9" * 5000)
    assert "recipe.yaml:1: seed: expected a whole number of 64 bits" in refuse(text="seed: 0x" + "f" * 5000)


@pytest.mark.parametrize("name", ["../up", "/tmp/x", "..", ".", "", "a/../../b"])
def test_a_name_that_leads_out_of_the_runs(catalog, name):
    with pytest.raises(UserError, match=r"run\.name: .* is no name in runs/; give a folder anywhere as run\.dir"):
        check(toy_recipe(None, run={"name": name}), catalog)
    assert check(toy_recipe(None, run={"name": name, "dir": "runs/x"}), catalog).run.name == name


def test_a_folder_that_cannot_be_one(catalog):
    with pytest.raises(UserError, match=r"run: 'runs/a\\x00b' cannot be the name of a folder"):
        check(toy_recipe(None, run={"name": "a\0b"}), catalog)


@pytest.mark.parametrize("extends", ["a\0b", "x" * 300, "x/" * 3000])
def test_a_path_that_cannot_be_one(refuse, extends):
    assert "there is no recipe" in refuse(extends=extends)


def test_a_message_is_one_line_without_control_characters():
    assert one_line("a\n   b\r\n c") == "a b c"
    assert one_line("\x1b[2J\u2028\ud800é") == "\\x1b[2J \\ud800é"
    assert str(UserError("two\nlines")) == "two lines"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: {steps: 1e3}", "expected a whole number, got 1000.0; write 1000"),
        ("seed: no", "seed: expected a whole number, got false"),
        ("run: {name: no}", "run.name: expected text, got false"),
        ("seed: 010", "recipe.yaml:1: 010 would be read as 8: write 8, or in quotes, '010'"),
        ("run: {name: 12:30}", "recipe.yaml:1: 12:30 would be read as 750: write 750, or in quotes, '12:30'"),
        ("run: {name: 1e3}", "run.name: expected text, got 1000.0"),
        ("train: {steps: 2001-01-01}", "expected a whole number, got the text '2001-01-01'"),
    ],
)
def test_what_yaml_makes_of_plain_words_is_said(refuse, text, said):
    key = text.partition(":")[0]
    rest = {name: value for name, value in toy_recipe("runs/toy").items() if name != key}
    assert said in refuse(text=f"{text}\n{yaml.safe_dump(rest)}")


def test_an_override_of_odd_notation(refuse):
    assert "override 'train.steps=010':1: 010 would be read as 8" in refuse("train.steps=010")


def test_off_is_a_word_where_it_can_be_one(tmp_path, catalog):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(toy_recipe("runs/toy")) + "performance: off\n")
    assert load_recipe(path, (), catalog).performance == "off"
