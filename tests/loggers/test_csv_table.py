import csv
import multiprocessing
import os
import random

import pytest
import torch
from lightning.fabric.utilities.rank_zero import rank_zero_only

from gan_lightning.errors import UserError
from gan_lightning.loggers.csv import CsvTable

PROTOCOL = {"data": "digits"}


def play(table, steps):
    """Log as a run does: scalars every 50 updates, scores every 200, a late scalar from 250 on."""
    for step in steps:
        drawn = random.Random(step)
        row = {"generator/hinge": drawn.gauss(0, 1), "discriminator/hinge": drawn.random() * 1e-9}
        if step >= 250:
            row["augment_p"] = drawn.random()
        table.log_metrics({"images": float(step * 64), **row}, step)
        if step % 200 == 0:
            table.log_score({"fid": drawn.random()}, PROTOCOL, step, step * 64)
            table.log_score({"kid": drawn.random()}, PROTOCOL, step, step * 64)


def table_of(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_columns_and_exact_numbers(tmp_path):
    table = CsvTable(tmp_path)
    table.log_metrics({"z": 0.1 + 0.2, "images": 3200.0, "a": torch.tensor(2.0)}, 50)
    table.log_metrics({"a": float("nan"), "images": 6400}, 100)
    assert table.path.read_text() == f"step,images,a,z\n50,3200,2.0,{0.1 + 0.2!r}\n100,6400,nan,\n"


def test_rows_of_one_step_merge(tmp_path):
    table = CsvTable(tmp_path)
    table.log_metrics({"images": 64, "loss": 1.5}, 1)
    table.log_score({"fid": 20.0}, PROTOCOL, 1, 64)
    table.log_metrics({"images": 128, "loss": 1.25, "score/fid": 10.0}, 2)
    table.log_metrics({"loss": 9.0}, 2)
    assert table.path.read_text() == "step,images,loss,score/fid\n1,64,1.5,20.0\n2,128,9.0,10.0\n"


def test_merging_a_shorter_value_leaves_nothing_of_the_longer_one(tmp_path):
    table = CsvTable(tmp_path)
    table.log_metrics({"loss": 0.12345678901234}, 1)
    table.log_metrics({"loss": 0.5}, 1)
    table.log_metrics({"loss": 0.25}, 2)
    assert table.path.read_text() == "step,images,loss\n1,,0.5\n2,,0.25\n"


def test_late_columns_are_empty_before(tmp_path):
    play(CsvTable(tmp_path), range(50, 301, 50))
    rows = table_of(tmp_path)
    assert list(rows[0]) == [
        *("step", "images", "augment_p", "discriminator/hinge", "generator/hinge", "score/fid", "score/kid"),
    ]
    assert [row["step"] for row in rows if row["score/fid"]] == ["200"]
    assert [row["step"] for row in rows if row["augment_p"]] == ["250", "300"]
    assert float(rows[1]["generator/hinge"]) == random.Random(100).gauss(0, 1)


def test_late_columns_never_leave_half_a_file(tmp_path, monkeypatch):
    table = CsvTable(tmp_path)
    play(table, [50, 100])
    before = table.path.read_bytes()

    def refuse(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        table.log_metrics({"new": 1.0}, 150)
    assert table.path.read_bytes() == before
    table.log_metrics({"new": 2.0}, 200)
    assert [row["new"] for row in table_of(tmp_path)] == ["", "", "1.0", "2.0"], "it is written when it can be"
    assert list(tmp_path.iterdir()) == [table.path]


def test_an_earlier_step_takes_its_place(tmp_path):
    table = CsvTable(tmp_path)
    table.log_metrics({"loss": 1.0}, 10)
    table.log_metrics({"loss": 2.0}, 5)
    table.log_metrics({"loss": 3.0})
    assert table.path.read_text() == "step,images,loss\n5,,2.0\n10,,3.0\n"


@pytest.mark.parametrize("killed", [150, 200, 250, 400, 600])
@pytest.mark.parametrize("resumed", [0, 100, 150, 200, 400])
@pytest.mark.parametrize("end", [450, 800])
def test_a_resumed_table_equals_an_uninterrupted_one(tmp_path, killed, resumed, end):
    first = range(0, killed + 1, 50)
    play(CsvTable(tmp_path / "whole"), range(0, end + 1, 50))
    play(CsvTable(tmp_path / "parts"), first)
    last = min(resumed, killed)
    again = CsvTable(tmp_path / "parts")
    again.resume(last)
    play(CsvTable(tmp_path / "reference"), [step for step in first if step <= last])
    assert again.path.read_bytes() == (tmp_path / "reference" / "metrics.csv").read_bytes()
    play(again, range(last + 50, end + 1, 50))
    assert again.path.read_bytes() == (tmp_path / "whole" / "metrics.csv").read_bytes()


def test_a_torn_last_line_is_dropped(tmp_path):
    table = CsvTable(tmp_path)
    play(table, [50, 100])
    whole = table.path.read_bytes()
    table.path.write_bytes(whole + b"150,9600,0.12")
    CsvTable(tmp_path).resume(1000)
    assert table.path.read_bytes() == whole


def test_resuming_without_a_table_makes_none(tmp_path):
    CsvTable(tmp_path).resume(100)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "step,images\n1,2,3\n", "step,images\nx,2\n", "step,images\n5,1\n\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(UserError, match=r"metrics.csv:[23]: this is no row of a table of metrics") as caught:
        CsvTable(tmp_path).log_metrics({"loss": 1.0}, 10)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "metrics.csv").read_text() == text


def test_other_ranks_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    table = CsvTable(tmp_path)
    play(table, [0, 50])
    table.resume(0)
    assert not list(tmp_path.iterdir())


def write_and_wait(folder, pipe):
    table = CsvTable(folder)
    for step in range(1, 4):
        table.log_metrics({"images": step * 64, "loss": 0.5}, step)
        pipe.send(step)
        pipe.recv()


def test_a_killed_process_loses_no_row(tmp_path):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=write_and_wait, args=(tmp_path, theirs))
    process.start()
    for step in (1, 2, 3):
        assert ours.recv() == step
        assert table_of(tmp_path)[-1]["step"] == str(step)
        if step < 3:
            ours.send("go on")
    process.kill()
    process.join()
    assert [row["images"] for row in table_of(tmp_path)] == ["64", "128", "192"]
