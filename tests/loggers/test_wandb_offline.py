import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import wandb
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import WandbLogger
from PIL import Image

from gan_lightning.errors import UserError
from gan_lightning.loggers.wandb import WandbDashboard

RECIPE = {"seed": 3, "loss": {"name": "hinge"}, "optimizers": {"generator": {"lr": 2.0e-4, "betas": [0.0, 0.9]}}}
PROTOCOLS = {"fid": {"data": "digits", "fake_count": 1797}, "kid": {"data": "digits", "settings": {"subsets": 100}}}


@pytest.fixture(scope="module")
def internet():
    """Stands for all servers: whoever looks for one, directly or through a proxy, is counted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module", autouse=True)
def alone(tmp_path_factory, internet):
    """A W&B without a login, whose server is `internet`."""
    place = tmp_path_factory.mktemp("wandb")
    url = f"http://127.0.0.1:{internet.getsockname()[1]}"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            patch.delenv(name)
        for name in ("CACHE", "CONFIG", "DATA"):
            patch.setenv(f"WANDB_{name}_DIR", str(place / name.lower()))
        for name in ("WANDB_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY"):
            patch.setenv(name, url)
        patch.setenv("NETRC", str(place / "netrc"))
        patch.setenv("WANDB_SILENT", "true")
        wandb.teardown()
        yield
        wandb.teardown()


def play(board, picture, steps):
    for step in steps:
        board.log_metrics({"images": step * 64, "generator/hinge": 1 / step}, step)
        board.log_picture("samples", picture, step)
        board.log_histogram("real_logits", torch.tensor([[0.0, 1.0], [2.0, float("nan")]], dtype=torch.bfloat16), step)
        board.log_histogram("nothing", torch.full((2,), float("inf")), step)
        for name, protocol in PROTOCOLS.items():
            board.log_score({name: 1000.0 / step}, {**protocol, "seed": step}, step, step * 64)


def records(part):
    command = [
        str(Path(sys.executable).with_name("wandb")),
        "leet",
        "inspect",
        "--json",
        str(next(part.glob("*.wandb"))),
    ]
    quiet = {**os.environ, "WANDB_MODE": "offline"}
    lines = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {}
    for record in map(json.loads, lines):
        found.setdefault(record["type"], []).append(record[record["type"]])
    return found


def parts(folder):
    return list((folder / "wandb").glob("offline-run-*"))


def connections(server):
    """Return what those who connected had to say first."""
    found = []
    while True:
        try:
            found.append(server.accept()[0].recv(100))
        except BlockingIOError:
            return found


def updated(entries):
    """Return what a run's config or summary holds in the end."""
    return {key: value for entry in entries for key, value in entry.get("update", {}).items()}


def first_part(folder):
    """Play two steps, as a process of its own."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    board = WandbDashboard(folder, "toy", group="seeds", tags=("a", "b"))
    board.begin(RECIPE)
    play(board, folder / "step.png", [50, 100])
    board.log_checkpoint(folder / "step.png", ["last"])
    board.finalize("success")


@pytest.fixture(scope="module")
def played(tmp_path_factory, internet):
    """A run of two steps in a process that has ended, and its continuation in this one."""
    folder = tmp_path_factory.mktemp("run")
    picture = folder / "step.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)).save(picture)
    code = "import sys, pathlib, test_wandb_offline as test; test.first_part(pathlib.Path(sys.argv[1]))"
    first = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == 0, first.stderr
    reached = connections(internet)
    part = parts(folder)[0].rename(folder / "first")  # the names that W&B gives differ by the second only
    second = WandbDashboard(folder, "toy", log_checkpoints=True)
    second.resume(100)
    play(second, picture, [150])
    second.log_checkpoint(picture, ["last", "best"])
    second.finalize("failed")
    return SimpleNamespace(
        picture=picture,
        part=part,
        first=records(part),
        second=records(parts(folder)[0]),
        said=first.stderr,
        reached=reached,
    )


def test_the_recipe_is_the_config(played):
    config = updated(played.first["config"])
    assert {key: config[key] for key in RECIPE} == RECIPE
    run = played.first["run"][0]
    assert (run["project"], run["display_name"], run["run_group"], run["tags"]) == (
        *("gan-lightning", "toy", "seeds", ["a", "b"]),
    )


def test_everything_is_drawn_over_generator_updates(played):
    axes = {entry.get("name") or entry["glob_name"]: entry.get("step_metric") for entry in played.first["metric"]}
    assert axes == {"updates": None, "images": None, "*": "updates", "score/fid": "updates", "score/kid": "updates"}


def test_one_row_a_step(played):
    rows = [entry["item"] for entry in played.first["history"]]
    assert [(row["_step"], row["updates"], row["images"]) for row in rows] == [(50, 50, 3200), (100, 100, 6400)]
    assert [row["generator/hinge"] for row in rows] == [1 / 50, 1 / 100]


def test_the_picture_is_kept(played):
    row = played.first["history"][1]["item"]
    kept = played.part / "files" / row["samples.path"]
    assert row["samples._type"] == "image-file"
    assert kept.read_bytes() == played.picture.read_bytes()


def test_the_histogram_counts_the_finite_values(played):
    row = played.first["history"][0]["item"]
    assert row["real_logits._type"] == "histogram"
    assert sum(row["real_logits.values"]) == 3
    assert (row["real_logits.bins"][0], row["real_logits.bins"][-1]) == (0.0, 2.0)
    assert not [key for key in row if key.startswith("nothing")]


def test_every_score_leads_to_its_protocol(played):
    config = updated(played.first["config"])
    for row in (entry["item"] for entry in played.first["history"]):
        for name, protocol in PROTOCOLS.items():
            assert row[f"score/{name}"] == 1000.0 / row["updates"]
            assert config[f"protocol/{row[f'protocol/{name}']}"] == {**protocol, "seed": row["updates"]}


def test_the_summary_has_the_best_score_whichever_way(played):
    summary = updated(played.first["summary"])
    assert summary["score/fid"] == {"min": 10.0, "max": 20.0, "last": 10.0}


def test_a_resumed_run_is_the_same_run(played):
    assert played.first["run"][0]["run_id"] == played.second["run"][0]["run_id"]
    assert played.second["run"][0]["resume"]
    assert [entry["item"]["updates"] for entry in played.second["history"]] == [150]
    assert [part["exit"][0]["exit_code"] for part in (played.first, played.second)] == [0, 1]


def test_checkpoints_are_artifacts_only_if_asked_for(played):
    assert "artifact" not in played.first
    assert [set(entry["aliases"]) for entry in played.second["artifact"]] == [{"latest", "last", "best"}]


def test_offline_no_server_is_looked_for(played):
    assert played.reached == []


def test_without_a_login_one_line_says_so(played):
    assert played.said.splitlines() == ["W&B logs offline (there is no login); upload later with `wandb sync`"]


def test_without_a_network_one_line_says_so(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "1")
    monkeypatch.delenv("HTTP_PROXY")
    wandb.teardown()
    board = WandbDashboard(tmp_path, "toy")
    with caplog.at_level(logging.INFO, "gan_lightning"):
        board.begin(RECIPE)
    board.finalize("success")
    wandb.teardown()
    assert len(parts(tmp_path)) == 1
    assert [record.message[:40] for record in caplog.records if record.name == "gan_lightning"] == [
        "W&B logs offline (Failed to authenticate"
    ]


def test_online_without_a_login_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^logger: W&B cannot be used: .*`wandb login`") as caught:
        WandbDashboard(tmp_path, "toy", mode="online").begin(RECIPE)
    assert "\n" not in str(caught.value)


def test_disabled_writes_no_log(tmp_path):
    board = WandbDashboard(tmp_path, "toy", mode="disabled")
    board.begin(RECIPE)
    board.log_metrics({"loss": 1.0}, 1)
    board.finalize("success")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["id"]


def test_other_ranks_write_nothing(tmp_path, monkeypatch, played):
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    board = WandbDashboard(tmp_path, "toy", log_checkpoints=True)
    board.begin(RECIPE)
    play(board, played.picture, [50])
    board.log_checkpoint(played.picture, ["last"])
    board.finalize("success")
    assert not list(tmp_path.iterdir())


def test_another_open_run_is_left_alone(tmp_path):
    with wandb.init(mode="offline", dir=tmp_path / "theirs", project="theirs") as theirs:
        board = WandbDashboard(tmp_path / "ours", "toy", mode="offline")
        board.log_metrics({"loss": 1.0}, 1)
        assert board.experiment.id != theirs.id
        board.finalize("success")
        assert "loss" not in dict(theirs.summary)


def test_callbacks_made_for_lightning_s_logger_take_it(tmp_path):
    board = WandbDashboard(tmp_path, "toy", mode="offline")
    assert isinstance(board, WandbLogger)
    board.log_text("notes", columns=["text"], data=[["hello"]], step=5)
    board.finalize("success")
    assert [entry["item"]["notes.nrows"] for entry in records(parts(tmp_path)[0])["history"]] == [1]
