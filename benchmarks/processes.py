"""What two processes send each other in an update, and how long it takes: ``python -m benchmarks.processes [b e]``.

The strategy for players that take turns, torch's own data parallelism with ``find_unused_parameters``, and sharded
networks, each on two CPU processes with one thread. Bytes are those handed to torch's collectives by one process:
the buffers that are averaged, gathered weights before they are spread, and gradients before they are scattered.
Rounds are interleaved, since machines drift, and the table has medians.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy, ParallelStrategy
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from benchmarks.stopwatch import Stopwatch
from benchmarks.works import WORKS, Work
from gan_lightning.catalog import Catalog
from gan_lightning.fit import Session
from gan_lightning.module import GANModule
from gan_lightning.recipe import check
from gan_lightning.run import Run
from gan_lightning.sharded import ShardedStrategy
from gan_lightning.strategies import TurnTakingStrategy

WORLD = 2
CONTESTANTS: dict[str, Callable[[], ParallelStrategy]] = {
    "turns_ddp": TurnTakingStrategy,
    "find_unused_parameters": partial(DDPStrategy, find_unused_parameters=True),
    "fsdp2": ShardedStrategy,
}
_SENDING = ("all_reduce", "all_gather_single", "reduce_scatter_single")


class Traffic(Callback):
    """Counts calls and bytes from the first warm update to the last."""

    def __init__(self, updates: int, *, counted: bool) -> None:
        self.counted = counted
        self.calls = 0
        self.bytes = 0
        self.updates = updates
        self.stopwatch = Stopwatch(updates)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Stand between torch and its collectives."""
        for name in _SENDING if self.counted else ():
            setattr(dist, name, self._counting(getattr(dist, name)))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stand where `DistributedDataParallel`, which does not pass through Python, averages."""
        del pl_module
        if self.counted and isinstance(trainer.strategy.model, DistributedDataParallel):
            trainer.strategy.model.register_comm_hook(None, self._averaging)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: object) -> None:
        """Start anew after the warm-up."""
        assert isinstance(pl_module, GANModule)
        self.stopwatch.reached(pl_module.updates)
        if pl_module.updates == self.updates:
            self.calls = self.bytes = 0

    # Torch wants to see these very types, so this file does not postpone annotations
    def _averaging(self, state: object, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
        buffer = bucket.buffer().div_(WORLD)
        self._note(buffer)
        work = _all_reduce(buffer, async_op=True)
        return work.get_future().then(lambda future: future.value()[0])

    def _counting(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            tensors = [value for value in (*args, *options.values()) if isinstance(value, Tensor)]
            self._note(max(tensors, key=lambda tensor: tensor.nbytes))  # the whole, of which others are parts
            return send(*args, **options)

        return counted

    def _note(self, sent: Tensor) -> None:
        self.calls += 1
        self.bytes += sent.nbytes


_all_reduce = dist.all_reduce


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", nargs="*", default=["b", "e"], help="which works")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        _one(WORKS[arguments.works[0]], arguments.one, counted=arguments.counted)
        return
    for name in arguments.works:
        _report(name, arguments.rounds)


def _report(work: str, rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds):
        for name in CONTESTANTS:
            seconds[name].append(_elsewhere(work, name)["seconds"])
    print(f"### {WORKS[work].title}, two processes\n")
    print("| | MB an update | messages an update | s an update |\n|---|---|---|---|")
    for name in CONTESTANTS:
        sent = _elsewhere(work, name, "--counted")
        print(f"| {name} | {sent['bytes'] / 1e6:.4g} | {sent['calls']:.3g} | {statistics.median(seconds[name]):.4g} |")
    print(flush=True)


def _elsewhere(work: str, name: str, *more: str) -> dict[str, float]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={WORLD}"]
    command = [*launcher, "-m", "benchmarks.processes", work, "--one", name, *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _one(work: Work, name: str, *, counted: bool) -> None:
    torch.set_num_threads(1)
    for quiet in ("lightning.pytorch", "lightning.fabric", "gan_lightning"):
        logging.getLogger(quiet).setLevel(logging.ERROR)
    updates = min(work.updates, 200)
    trainer = {"accelerator": "cpu", "devices": WORLD, "strategy": "fsdp2" if name == "fsdp2" else "ddp"}
    recipe = check({**work.recipe, "trainer": trainer, "train": {"steps": 2 * updates}}, Catalog.installed())
    session = Session.prepare(recipe, Catalog.installed())
    traffic = Traffic(updates, counted=counted)
    with tempfile.TemporaryDirectory() as folder:
        runner = session.trainer(Run(Path(folder)), [traffic], strategy=CONTESTANTS[name]())
        runner.fit(session.module, datamodule=session.data())
    if runner.is_global_zero:
        found = {"bytes": traffic.bytes / updates, "calls": traffic.calls / updates}
        print(json.dumps({**found, "seconds": traffic.stopwatch.seconds}))


if __name__ == "__main__":
    main()
