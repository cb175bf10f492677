"""The conformance kit notices games that do not train as they should."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from gan_lightning.testing import check_game, check_two_processes
from gan_lightning.two_player import TwoPlayerGame

FAULTS = {
    "Speechless": "has phases for every player",
    "Handicapped": "trains all players and nothing else: a round changes nothing in network 'generator'",
    "Counting": "resumes as if never stopped: a resumed run differs in /state_dict/",
    "Gambling": "repeats itself bit by bit: two runs of one recipe differ in /state_dict/",
    "Repeating": "makes the samples it is asked for: all samples are the same",
}


@pytest.fixture
def faulty(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    yield import_module("faulty_games")
    sys.modules.pop("faulty_games")


@pytest.mark.parametrize("name", FAULTS)
def test_faulty_games_are_caught(faulty, name):
    with pytest.raises(AssertionError, match=FAULTS[name]):
        check_game(getattr(faulty, name))


def test_settings_are_sections_of_the_recipe():
    check_game(TwoPlayerGame, game={"n_dis": 2, "conditional": True}, train={"accumulate": 2})


@pytest.mark.slow
def test_a_game_that_two_processes_play_otherwise_is_caught(faulty):
    with pytest.raises(AssertionError, match=r"two processes end with another /game\.networks"):
        check_two_processes(faulty.EachForItself)
