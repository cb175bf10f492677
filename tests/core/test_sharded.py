"""Networks that two processes share train as those of one process on the joined batch."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule

from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.metrics.results import read_results
from gan_lightning.recipe.build import Builder
from gan_lightning.run import Run
from gan_lightning.sharded import check_sharding, shard
from gan_lightning.trained import load

SCRIPT = Path(__file__).parent / "sharded_script.py"
sys.path.insert(0, str(SCRIPT.parent))

from sharded_script import TWO, catalog, recipe  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All runs of the script, and a run of one process."""
    folder = tmp_path_factory.mktemp("sharded")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(SCRIPT), str(folder)]
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    fit(recipe(folder / "one"), catalog())
    return folder


def test_networks_averages_and_optimisers_are_those_of_one_process(folder):
    one, two = (read_checkpoint(Run(folder / name).last) for name in ("one", "two"))
    assert one["state_dict"].keys() == two["state_dict"].keys()
    for name, value in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][name], value, rtol=1e-5, atol=1e-6, msg=name)
    for left, right in zip(one["optimizer_states"], two["optimizer_states"], strict=True):
        assert left["param_groups"] == right["param_groups"]
        torch.testing.assert_close(right["state"], left["state"], rtol=1e-4, atol=1e-6)


def test_norms_of_gradients_are_of_the_whole_gradient(folder):
    one, two = (
        [row for row in csv.DictReader(Run(folder / name).metrics.open()) if row["generator/gradient_norm"]]
        for name in ("one", "two")
    )
    assert len(one) == 3
    for left, right in zip(one, two, strict=True):
        assert left.keys() == right.keys()
        for name in ("generator/gradient_norm", "discriminator/gradient_norm", "logits/real_mean"):
            assert float(right[name]) == pytest.approx(float(left[name]), rel=1e-4, abs=1e-6)


def test_it_resumes_exactly(folder):
    whole, again = (read_checkpoint(Run(folder / name).last) for name in ("two", "resumed"))
    for name, value in whole["state_dict"].items():
        assert torch.equal(again["state_dict"][name], value), name


def test_one_process_samples_from_the_checkpoint_and_continues_with_it(folder):
    one, two = (load(Run(folder / name).last, catalog()).sample(5) for name in ("one", "two"))
    torch.testing.assert_close(two, one, rtol=1e-4, atol=1e-5)
    assert (Run(folder / "two").checkpoints / "last.safetensors").is_file()
    fit(recipe(folder / "two", train={"steps": 8, "accumulate": 2, "clip": 0.05}), catalog(), resume="last")
    assert read_checkpoint(Run(folder / "two").last)["progress"]["updates"] == 8


def test_all_leave_out_a_step_that_one_process_cannot_make(folder):
    state = read_checkpoint(Run(folder / "poisoned").last)
    assert state["guard"]["skipped"] == 2, "the two turns of the poisoned round"
    assert all(bool(value.isfinite().all()) for value in state["state_dict"].values())


@pytest.mark.parametrize("name", ["two", "normalised"])
def test_scores_that_processes_make_together_are_those_of_one_process(folder, name):
    """With batch norm too, whose statistics the first process has in the checkpoint."""
    run, told = Run(folder / name), recipe(folder / name)
    rows = [row for row in read_results(run.results) if row.step == 6]
    trained = load(run.checkpoints / "step-000006.ckpt", catalog())
    builder = Builder(told, catalog())
    evaluator = builder.evaluator(told.evaluate, builder.samples(folder), folder)
    results = evaluator.evaluate(trained.stream(150, seed=told.seed), "ema")
    assert [row.metric for row in rows] == ["order", "modes"]
    for row, result in zip(rows, results, strict=True):
        assert row.values == pytest.approx(result.values, rel=1e-9)
        assert row.protocol.fake_count == 150


def test_samples_that_are_no_numbers_in_one_process_end_all(folder):
    said = {(folder / f"broken.{rank}").read_text() for rank in (0, 1)}
    assert said == {"the generator made NaN or infinite samples, so there is no score; see guard in the recipe"}


def test_a_game_that_differentiates_twice_unannounced_is_refused_in_its_first_round(folder):
    said = {(folder / f"refused.{rank}").read_text() for rank in (0, 1)}
    assert said == {
        "trainer.strategy: fsdp2 cannot play this game: it differentiates twice, through weights that have been given "
        "up by then; use ddp"
    }


def test_a_penalty_that_says_so_is_refused_before_training(tmp_path):
    wrong = recipe(tmp_path / "run", trainer=TWO, penalties=["announced"])
    with pytest.raises(UserError, match=r"penalties\.announced: it differentiates twice, .* use ddp"):
        check_sharding(wrong, catalog())


@pytest.fixture
def mesh(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


def test_large_submodules_are_units_and_containers_are_not(mesh):
    network = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Linear(9, 8), nn.Linear(2, 2)), nn.Linear(2, 1))
    shard("generator", network, mesh, least=72)
    units = {name for name, module in network.named_modules() if isinstance(module, FSDPModule)}
    assert units == {"", "0", "1.0"}


def share_a_weight(network):
    network[1].weight = network[0].weight


def add_a_single_number(network):
    network[0].gain = nn.Parameter(torch.ones(()))


@pytest.mark.parametrize("spoil", [share_a_weight, add_a_single_number])
def test_weights_that_cannot_be_sharded_are_refused(mesh, spoil):
    network = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    spoil(network)
    with pytest.raises(UserError, match=r"trainer\.strategy: fsdp2 cannot shard the generator: .*; use ddp"):
        shard("generator", network, mesh, least=64)
