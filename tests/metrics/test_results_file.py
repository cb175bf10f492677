import json

import pytest

from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Result
from gan_lightning.metrics.protocol import Protocol
from gan_lightning.metrics.results import append, read, truncate

PROTOCOL = Protocol("digits", "abc", 10, 10, "ema", 0, settings={"splits": 2})


def result(value, name="fid"):
    return Result(name, {name: value}, {name: "lower"}, PROTOCOL)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "run" / "results.jsonl"
    for step in (100, 200, 300):
        append(file, step, step * 64, [result(1000.0 / step), result(1.0 / step, "kid")])
    return file


def test_one_object_a_score(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 6
    assert lines[0].keys() == {"step", "images", "metric", "values", "better", "protocol", "time"}
    rows = read(path)
    assert [(row.step, row.images, row.metric, row.values) for row in rows[:2]] == [
        (100, 6400, "fid", {"fid": 10.0}),
        (100, 6400, "kid", {"kid": 0.01}),
    ]
    assert rows[0].protocol == PROTOCOL


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_last_line_is_ignored_and_cut_off_by_the_next_write(path, kept):
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    path.write_bytes(whole[: -len(last)] + last[:kept])
    assert len(read(path)) == 5
    append(path, 400, 0, [result(1.0)])
    assert [row.step for row in read(path)] == [100, 100, 200, 200, 300, 400]


def test_a_damaged_line_in_the_middle_is_named(path):
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:20]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"results\.jsonl:3: this is no score"):
        read(path)


def test_rows_beyond_the_step_are_dropped(path):
    truncate(path, 200)
    assert [row.step for row in read(path)] == [100, 100, 200, 200]
    assert [file.name for file in path.parent.iterdir()] == ["results.jsonl"]
    truncate(path, 0)
    assert read(path) == []


def test_truncating_what_is_not_there_makes_nothing(tmp_path):
    truncate(tmp_path / "results.jsonl", 5)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no .*results\.jsonl"):
        read(tmp_path / "results.jsonl")
