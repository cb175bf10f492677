"""Options as constructors declare them, and values as recipes give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from gan_lightning.recipe.options import OptionError, check_options, convert, describe_type, options_of
from gan_lightning.schedule import Schedule


@dataclass(frozen=True)
class Base:
    """A base.

    Args:
        weight: How heavy
            it is.
        every: How often.
    """

    weight: float
    every: int = 1
    origin: ClassVar[str] = "no option"


@dataclass(frozen=True)
class Derived(Base):
    """A derived class.

    Args:
        every: How seldom.
        parts: What it is made of.
    """

    parts: list[str] = field(default_factory=lambda: ["a", "b"])


class Network:
    """A network.

    Args:
        width: Channels.

    Raises:
        ValueError: never.
    """

    def __init__(self, data: object, classes: int, *, width: int = 8, **others: Any) -> None:
        """Take what it is given."""


def _make(weights: object, lr: float = 0.1, *, flag: bool | None = None) -> None:
    """Make something."""


def test_a_dataclass_has_the_options_of_its_bases_with_their_texts():
    options = options_of(Derived)
    assert list(options) == ["weight", "every", "parts"]
    assert options["weight"].required
    assert options["weight"].text == "How heavy it is."
    assert options["every"].text == "How seldom."
    assert (options["every"].required, options["every"].default) == (False, 1)
    assert options["parts"].default == ["a", "b"]
    assert options["parts"].type_name == "list of text"


def test_a_class_has_its_keywords_but_what_it_is_given():
    options = options_of(Network, skip=2)
    assert list(options) == ["width"]
    assert options["width"].text == "Channels."
    assert options["width"].hint is int


def test_a_function_has_options_too():
    options = options_of(_make, skip=1)
    assert {name: option.type_name for name, option in options.items()} == {
        "lr": "a number",
        "flag": "true or false or null",
    }


@pytest.mark.parametrize(
    ("value", "hint", "wanted"),
    [
        (3, int, 3),
        (3, float, 3.0),
        (1e-3, float, 1e-3),
        (False, bool, False),
        ("a", str, "a"),
        ("a/b", Path, Path("a/b")),
        (None, int | None, None),
        (3, int | None, 3),
        (3, int | list[int], 3),
        ([3, 4], int | list[int], [3, 4]),
        ([0, 0.9], tuple[float, float], (0.0, 0.9)),
        ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
        (["a"], list[str], ["a"]),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        ({"a": 1}, Mapping[str, int], {"a": 1}),
        ("warn", bool | Literal["warn"], "warn"),
        (2, Literal[1, 2], 2),
        ({"any": [1]}, Any, {"any": [1]}),
    ],
)
def test_a_value_of_the_type_is_taken(value, hint, wanted):
    got = convert(value, hint, "here")
    assert got == wanted
    assert type(got) is type(wanted)


@pytest.mark.parametrize(
    ("value", "hint", "said"),
    [
        (1.5, int, "here: expected a whole number, got 1.5"),
        (1000.0, int, "here: expected a whole number, got 1000.0; write 1000"),
        (True, int, "here: expected a whole number, got true"),
        (True, float, "here: expected a number, got true"),
        (1, bool, "here: expected true or false, got 1"),
        ("yes", bool, "here: expected true or false, got 'yes'"),
        (1, str, "here: expected text, got 1"),
        (None, int, "here: expected a whole number, got null"),
        ("3e-7", float, "here: expected a number, got the text '3e-7'; write numbers without quotes, with a point"),
        ("3e-7", float | None, "here: expected a number, got the text '3e-7'; write numbers without quotes"),
        ("x", int | list[int], "here: expected a whole number or list of a whole number, got"),
        ([1, 2.5], list[int], "here[1]: expected a whole number, got 2.5"),
        ([1.0], tuple[float, float], "here: expected 2 values, got 1"),
        (1.0, tuple[float, float], "here: expected a list of a number, got 1.0"),
        ("ab", list[str], "here: expected a list of text, got 'ab'"),
        ({"a": "b"}, dict[str, float], "here.a: expected a number, got the text 'b'"),
        ([1], dict[str, float], "here: expected keys and values, got [1]"),
        ("batch", Literal["batches", "none"], "here: expected one of 'batches', 'none', got 'batch'; did you mean"),
        (True, Literal[1, 2], "here: expected one of 1, 2, got true"),
        ([{}], Literal["a"], "here: expected one of 'a', got [{}]"),
    ],
)
def test_a_value_of_another_type_is_refused_in_a_readers_words(value, hint, said):
    with pytest.raises(OptionError) as caught:
        convert(value, hint, "here")
    assert str(caught.value).startswith(said)


def test_a_schedule_may_stand_for_a_fraction_but_not_for_a_whole_number():
    ramp = {"linear": {"from": 0.0, "to": 1.0}}
    assert convert(ramp, float, "here") == Schedule("linear", 0.0, 1.0)
    assert convert([0.5, ramp], tuple[float, float], "here") == (0.5, Schedule("linear", 0.0, 1.0))
    assert convert(ramp, float | None, "here") == Schedule("linear", 0.0, 1.0)
    with pytest.raises(OptionError, match=r"^here\.linear\.steps: expected more than 0, got 0"):
        convert({"linear": {"from": 0.0, "to": 1.0, "steps": 0}}, float, "here")
    with pytest.raises(OptionError, match="here: expected a whole number"):
        convert(ramp, int, "here")
    with pytest.raises(OptionError, match=r"^here: there is no schedule 'linaer'; did you mean 'linear'"):
        convert({"linaer": {}}, float, "here")


def test_the_key_of_a_mistake_is_its_whole_path():
    with pytest.raises(OptionError) as caught:
        check_options(Derived, {"weight": 1, "parts": ["a", 2]}, "penalties[0]")
    assert caught.value.key == "penalties[0].parts[1]"
    with pytest.raises(OptionError, match="weight must be given"):
        check_options(Derived, {}, "penalties[0]")
    with pytest.raises(OptionError, match=r"penalties\[0\].wieght: unknown key; did you mean 'weight'"):
        check_options(Derived, {"wieght": 1}, "penalties[0]")


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int, "a whole number"),
        (int | None, "a whole number or null"),
        (Literal["a", None], "one of 'a', null"),
        (tuple[float, float], "list of a number"),
        (tuple[int, str], "list of (a whole number, text)"),
        (dict[str, int] | None, "keys and values or null"),
        (Any, "anything"),
    ],
)
def test_types_are_written_for_readers(hint, words):
    assert describe_type(hint) == words
