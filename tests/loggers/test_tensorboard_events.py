import io
import json
import sys

import numpy as np
import pytest
import torch
from lightning.fabric.utilities.rank_zero import rank_zero_only
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from gan_lightning.errors import UserError
from gan_lightning.loggers.tensorboard import TensorBoardDashboard

RECIPE = {"seed": 3, "loss": {"name": "hinge"}}
PROTOCOL = {"data": "digits", "settings": {"splits": 2}}


def events(folder):
    found = EventAccumulator(
        str(folder / "tensorboard"), size_guidance=dict.fromkeys(("scalars", "images", "histograms", "tensors"), 0)
    )
    found.Reload()
    return found


def text(found, name, step):
    entries = [entry for entry in found.Tensors(f"{name}/text_summary") if entry.step == step]
    return json.loads(entries[-1].tensor_proto.string_val[0])


def picture(path, shade=7):
    pixels = np.full((4, 6), shade, np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def play(board, folder, steps):
    for step in steps:
        board.log_metrics({"images": step * 64, "generator/hinge": 1 / step}, step)
        board.log_picture("samples", picture(folder / "step.png", step), step)
        board.log_histogram("real_logits", torch.arange(10.0).reshape(2, 5), step)
        board.log_score({"fid": 100.0 / step}, {**PROTOCOL, "step": step}, step, step * 64)


@pytest.fixture
def board(tmp_path):
    board = TensorBoardDashboard(tmp_path)
    board.begin(RECIPE)
    play(board, tmp_path, [50, 100, 150])
    board.finalize("success")
    return board


def test_everything_reads_back(board, tmp_path):
    found = events(tmp_path)
    assert [(entry.step, entry.value) for entry in found.Scalars("images")] == [
        (50, 3200),
        (100, 6400),
        (150, 9600),
    ]
    assert found.Scalars("generator/hinge")[2].value == pytest.approx(1 / 150)
    assert [entry.value for entry in found.Scalars("score/fid")][:2] == [2.0, 1.0]
    image = Image.open(io.BytesIO(found.Images("samples")[1].encoded_image_string))
    assert image.size == (6, 4)
    assert np.asarray(image).max() == np.asarray(image).min() == 100
    histogram = found.Histograms("real_logits")[0]
    assert (histogram.step, histogram.histogram_value.num, histogram.histogram_value.max) == (50, 10, 9.0)
    assert text(found, "recipe", 0) == RECIPE
    assert text(found, "protocol/fid", 100) == {**PROTOCOL, "step": 100}


def test_only_event_files_are_written(board, tmp_path):
    names = {path.name.split(".")[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {"events", "step"}


def test_resuming_hides_what_came_after(board, tmp_path):
    again = TensorBoardDashboard(tmp_path)
    again.resume(100)
    play(again, tmp_path, [130])
    again.finalize("success")
    found = events(tmp_path)
    assert [entry.step for entry in found.Scalars("score/fid")] == [50, 100, 130]
    assert [entry.step for entry in found.Images("samples")] == [50, 100, 130]
    assert [entry.step for entry in found.Histograms("real_logits")] == [50, 100, 130]


def test_values_that_are_not_finite_do_not_end_training(tmp_path):
    board = TensorBoardDashboard(tmp_path)
    board.log_histogram("logits", torch.tensor([1.0, float("nan"), float("inf"), 2.0], dtype=torch.bfloat16), 1)
    board.log_histogram("none", torch.full((3,), float("nan")), 1)
    board.log_metrics({"loss": float("nan")}, 1)
    board.finalize("failed")
    found = events(tmp_path)
    assert found.Histograms("logits")[0].histogram_value.num == 2
    assert found.Tags()["histograms"] == ["logits"]
    assert np.isnan(found.Scalars("loss")[0].value)


def test_other_ranks_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    board = TensorBoardDashboard(tmp_path / "run")
    board.begin(RECIPE)
    play(board, tmp_path, [50])
    board.finalize("success")
    assert not (tmp_path / "run").exists()


def test_a_missing_package_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(UserError, match=r"^logger: tensorboard is not installed; pip install tensorboard$"):
        TensorBoardDashboard(tmp_path)
