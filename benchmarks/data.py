"""Time of reading a folder of images: ``python -m benchmarks.data [--count 10000]``.

One epoch of shuffled batches of 64, from PNGs of 64x64 that are in the system's file cache to floats. torchvision reads
every file in every epoch; ours decodes them once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks.bench import Job, Record, Run, keep, measure, table
from gan_lightning.data.batch import Batch
from gan_lightning.data.folder import Folder
from gan_lightning.data.loader import Plan, RoundLoader
from gan_lightning.data.samples import Samples
from gan_lightning.performance import keep_memory

_BATCH, _SIDE, _CLASSES = 64, 64, 10
_PEERS = {"ImageFolder, no workers": 0, "ImageFolder, 2 workers": 2}
_OURS = {
    "gan-lightning, first epoch, decoding": "first",
    "gan-lightning, first epoch of a later run": "later",
    "gan-lightning, every other epoch": "second",
}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="images in the folder")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _draw(Path(folder), arguments.count)
        jobs: dict[str, Job] = {name: ("benchmarks.data:peer", folder, workers) for name, workers in _PEERS.items()}
        jobs |= {name: (f"benchmarks.data:{function}", folder) for name, function in _OURS.items()}
        record = measure("folder", jobs, arguments.rounds, count=arguments.count)
    keep("data", record)
    print(f"### {title(record)}\n\n{rows(record)}\n\n{record.told()}")


def peer(folder: str, workers: int) -> Run:
    """Read an epoch with torchvision's ImageFolder and ToTensor."""
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import ToTensor

    began = time.perf_counter()
    data = ImageFolder(folder, ToTensor())
    return _timed(DataLoader(data, _BATCH, shuffle=True, drop_last=True, num_workers=workers), began)


def first(folder: str) -> Run:
    """Read the first epoch ever, which fills the cache."""
    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        return _timed(_epoch(_load(folder, cache)), began)


def later(folder: str) -> Run:
    """Read the first epoch of a run that finds the cache filled."""
    with tempfile.TemporaryDirectory() as cache:
        _load(folder, cache)
        began = time.perf_counter()
        return _timed(_epoch(_load(folder, cache)), began)


def second(folder: str) -> Run:
    """Read an epoch that is not the first."""
    with tempfile.TemporaryDirectory() as cache:
        samples = _load(folder, cache)
        _timed(_epoch(samples), 0.0)
        return _timed(_epoch(samples), time.perf_counter())


def title(record: Record) -> str:
    """Say what was measured."""
    return f"An epoch of {record.facts['count']:,} PNGs of {_SIDE}x{_SIDE}"


def rows(record: Record) -> str:
    """Return the table."""
    count = record.facts["count"] // _BATCH * _BATCH
    columns = ["", "s", "images/s", *(f"against {peer}" for peer in _PEERS)]
    body = []
    for name in record.runs:
        seconds = record.median(name)
        ratios = [f"{record.median(peer) / seconds:.3g}" for peer in _PEERS]
        body.append([name, f"{seconds:.3g}", f"{count / seconds:,.0f}", *ratios])
    return table(columns, body)


def _timed(batches: Iterable[object], began: float) -> Run:
    deque(batches, maxlen=0)
    return {"seconds": time.perf_counter() - began}


def _load(folder: str, cache: str) -> Samples:
    keep_memory()  # as a training run does
    return Folder(Path(folder)).load(Path(cache))


def _epoch(samples: Samples) -> Iterable[Tensor]:
    batches: Iterable[Batch] = RoundLoader(samples, lambda _: Plan(1, _BATCH), seed=0)
    return (batch.samples() for batch in islice(batches, len(samples) // _BATCH))


def _draw(folder: Path, count: int) -> None:
    """Write blurred colours with some noise, which compress about as well as photographs."""
    from torchvision.io import write_png

    for number in range(_CLASSES):
        (folder / f"class{number}").mkdir()
    draws = torch.Generator().manual_seed(0)
    for number in range(count):
        colours = interpolate(torch.rand(1, 3, 6, 6, generator=draws), (_SIDE, _SIDE), mode="bicubic")[0]
        noisy = colours * 255 + torch.randn(3, _SIDE, _SIDE, generator=draws) * 4
        write_png(noisy.clamp(0, 255).to(torch.uint8), str(folder / f"class{number % _CLASSES}" / f"{number}.png"))


if __name__ == "__main__":
    main()
