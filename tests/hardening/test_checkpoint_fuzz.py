"""Checkpoints with any damage, or with anything in the place of what they hold, load right or are one line."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toys import toy_catalog, toy_recipe

import gan_lightning
from gan_lightning.checkpoint import PRODUCT, read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.recipe import check


@pytest.fixture(scope="module")
def catalog():
    return toy_catalog()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, catalog):
    """The path of a checkpoint that is as it was written."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return fit(check(toy_recipe(folder, train={"steps": 1}, sample=None), catalog), catalog).run.last


@pytest.fixture
def attempt(tmp_path, catalog):
    """Load a file of some bytes, completely; return its weights, or None if one line says that it cannot be."""
    path = tmp_path / "x.ckpt"

    def load(data: bytes):
        path.write_bytes(data)
        try:
            return gan_lightning.load(path, catalog).module.state_dict()
        except UserError as error:
            assert str(error).isprintable()
            assert str(path) in str(error)
            return None

    return load


def assert_right(state, whole) -> None:
    expected = read_checkpoint(whole)["state_dict"]
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], value) for name, value in expected.items())


def test_a_checkpoint_cut_anywhere(whole, attempt):
    data = whole.read_bytes()
    for length in [*range(0, len(data), 509), *range(len(data) - 80, len(data))]:
        state = attempt(data[:length])
        if state is not None:
            assert_right(state, whole)
            assert length > len(data) - 80, "nothing but the hash is missing"


@given(data=st.data())
def test_a_checkpoint_with_bits_flipped(whole, attempt, data):
    damaged = bytearray(whole.read_bytes())
    places = st.integers(0, len(damaged) - 1)
    for place in data.draw(st.lists(st.one_of(places, st.integers(0, 400)), min_size=1, max_size=3)):
        damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    state = attempt(bytes(damaged))
    if state is not None:
        assert_right(state, whole)


@given(data=st.data())
def test_a_damaged_checkpoint_without_a_hash(whole, attempt, data):
    """Its pickle meets torch's reader as it is; where that finds nothing wrong, nothing can be said."""
    damaged = bytearray(whole.read_bytes()[:-71])
    at = damaged.index(b"data.pkl") + len(b"data.pkl")
    for place in data.draw(st.lists(st.integers(at, at + 6000), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    attempt(bytes(damaged))


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@given(data=st.data())
def test_a_pickle_of_something_else(attempt, protocol, data):
    value = data.draw(st.recursive(st.one_of(st.none(), st.integers(), st.text()), st.lists, max_leaves=5))
    assert attempt(pickle.dumps({PRODUCT: value, "state_dict": value}, protocol)) is None
    assert attempt(data.draw(st.binary(max_size=60))) is None


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 3, 2**70, 1.5, float("nan"), "", "text", "a\nb", [], [1], {}, {"a": {1: None}}, (), b"x"]),
    st.just(torch.zeros(2)),
)


@given(data=st.data())
def test_a_checkpoint_that_holds_something_else(whole, tmp_path, attempt, data):
    """Facts of another version or another product in the places of ours; the file itself is sound."""
    checkpoint = read_checkpoint(whole)
    owner, way = checkpoint, st.sampled_from([PRODUCT, "progress", "stage", "state_dict", "ledgers", "guard"])
    key = data.draw(way)
    while isinstance(owner[key], dict | list) and owner[key] and data.draw(st.integers(0, 5)):
        owner = owner[key]
        key = data.draw(st.sampled_from(sorted(owner, key=str) if isinstance(owner, dict) else range(len(owner))))
    if isinstance(owner, dict) and data.draw(st.booleans()):
        del owner[key]
    else:
        owner[key] = data.draw(junk)
    torch.save(checkpoint, tmp_path / "made.ckpt")
    attempt((tmp_path / "made.ckpt").read_bytes())
