import json

import pytest

from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Result
from gan_lightning.metrics.protocol import Protocol
from gan_lightning.metrics.results import append_results, read_results, truncate_results

PROTOCOL = Protocol("digits", "abc", 10, 10, "ema", 0, settings={"splits": 2})


def result(value, name="fid"):
    return Result(name, {name: value}, {name: "lower"}, PROTOCOL)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "run" / "results.jsonl"
    for step in (100, 200, 300):
        append_results(file, [result(1000.0 / step), result(1.0 / step, "kid")], step=step, images=step * 64)
    return file


def test_one_object_a_score(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 6
    assert lines[0].keys() == {"step", "images", "metric", "values", "better", "protocol", "time"}
    rows = read_results(path)
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
    assert len(read_results(path)) == 5
    append_results(path, [result(1.0)], step=400, images=0)
    assert [row.step for row in read_results(path)] == [100, 100, 200, 200, 300, 400]


def test_a_damaged_line_in_the_middle_is_named(path):
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:20]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"results\.jsonl:3: this is no score"):
        read_results(path)


def test_rows_beyond_the_step_are_dropped(path):
    truncate_results(path, 200)
    assert [row.step for row in read_results(path)] == [100, 100, 200, 200]
    assert [file.name for file in path.parent.iterdir()] == ["results.jsonl"]
    truncate_results(path, 0)
    assert read_results(path) == []


def test_truncating_what_is_not_there_makes_nothing(tmp_path):
    truncate_results(tmp_path / "results.jsonl", 5)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"there is no .*results\.jsonl"):
        read_results(tmp_path / "results.jsonl")
