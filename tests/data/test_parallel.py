import threading
import time

import pytest

from gan_lightning.data import parallel
from gan_lightning.data.parallel import Ahead, in_order, spread, track


def test_results_are_in_order_though_tasks_finish_out_of_it():
    def task(index):
        time.sleep(0.002 if index % 5 == 0 else 0)
        return index

    assert [result for chunk in in_order(task, 103, chunk=4) for result in chunk] == list(range(103))


def test_nothing_is_nothing():
    assert list(in_order(lambda index: index, 0)) == []


def test_tasks_do_not_run_far_ahead_of_the_consumer(monkeypatch):
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 2)
    started = []
    chunks = in_order(lambda index: started.append(index), 1000, chunk=10)
    next(chunks)
    time.sleep(0.05)
    assert len(started) <= 80
    chunks.close()


def test_an_error_reaches_the_consumer_and_stops_the_threads():
    before = threading.active_count()

    def task(index):
        if index == 7:
            raise ValueError("seven")
        return index

    with pytest.raises(ValueError, match="seven"):
        list(in_order(task, 100, chunk=2))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("terminal", "patience", "shown"), [(True, 0.0, True), (True, 60.0, False), (False, 0.0, False)]
)
def test_a_bar_is_shown_on_a_terminal_to_those_who_wait(monkeypatch, capsys, terminal, patience, shown):
    monkeypatch.setattr(parallel, "PATIENCE", patience)
    monkeypatch.setenv("FORCE_COLOR", "1") if terminal else monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert list(track([[1, 2], [3]], 3, "Decoding")) == [[1, 2], [3]]
    assert ("Decoding" in capsys.readouterr().err) is shown


def test_parts_are_shared_out_and_the_first_error_is_raised():
    done = set()
    spread(done.add, range(50))
    assert done == set(range(50))

    def task(part):
        time.sleep(0.01 if part == 3 else 0)
        if part in (3, 5):
            raise ValueError(str(part))

    with pytest.raises(ValueError, match="3"):
        spread(task, range(9))


def test_what_was_guessed_is_there_and_what_was_not_is_made():
    made = []

    def task(number):
        made.append(number)
        return number * 10

    with Ahead(task) as ahead:
        assert [ahead.take(1, guess=2), ahead.take(2, guess=3), ahead.take(7, guess=8)] == [10, 20, 70]
    assert made.count(2) == 1
    assert 7 in made


def test_an_error_of_a_guess_is_raised_only_if_it_is_wanted():
    def task(number):
        if number == 2:
            raise ValueError("two")
        return number

    with Ahead(task) as ahead:
        assert ahead.take(1, guess=2) == 1
        assert ahead.take(3, guess=2) == 3
        with pytest.raises(ValueError, match="two"):
            ahead.take(2, guess=4)
