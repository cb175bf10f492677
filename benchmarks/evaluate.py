"""Time of scoring images: ``python -m benchmarks.evaluate [--count 2000]``.

First Inception on images of 64x64, ours against torch-fidelity's network as torchmetrics runs it; both have the same
random weights, since the shape alone decides the time. Then the Frechet distance in 2048 dimensions, from more and from
fewer samples than dimensions, ours against torchmetrics'.
"""

from __future__ import annotations

import argparse
import inspect
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from benchmarks.bench import Job, Record, Run, keep, measure, table
from gan_lightning.metrics.frechet import Moments, frechet_distance
from gan_lightning.metrics.inception import Inception
from gan_lightning.performance import keep_memory

_BATCH, _WARM = 64, 16
_OUTPUTS = ["2048", "logits_unbiased"]
_DIMENSIONS = 2048
_PEER = "torchmetrics (torch-fidelity's network)"
_OURS: dict[str, dict[str, Any]] = {
    "gan-lightning": {},
    "gan-lightning, bf16": {"precision": "bf16"},
}
_DISTANCE = {"torchmetrics": "benchmarks.evaluate:peer_distance", "gan-lightning": "benchmarks.evaluate:our_distance"}
_SAMPLES = {"more samples than dimensions": 2 * _DIMENSIONS, "fewer samples than dimensions": _DIMENSIONS // 2}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="images to score")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jobs = _extractions(_random_weights(Path(folder) / "weights.pth"), arguments.count)
        _tell(measure("Inception features", jobs, arguments.rounds, count=arguments.count))
    for subject, samples in _SAMPLES.items():
        distances: dict[str, Job] = {name: (target, samples) for name, target in _DISTANCE.items()}
        _tell(measure(subject, distances, arguments.rounds, samples=samples))


def peer_features(weights: str, count: int) -> Run:
    """Extract as torchmetrics does."""
    from torchmetrics.image.fid import NoTrainInceptionV3

    # Without its antialiasing: TensorFlow's resize, as published scores have it and as ours has it
    network = NoTrainInceptionV3("inception-v3-compat", _OUTPUTS, weights, antialias=False)
    with torch.no_grad():
        return _extraction(network, count)


def our_features(weights: str, count: int, options: dict[str, Any]) -> Run:
    """Extract as the scores of a training run are extracted."""
    keep_memory()
    extractor = Inception(Path(weights), **options)
    return _extraction(lambda images: extractor(images).features, count)


def peer_distance(samples: int) -> Run:
    """Compute the Frechet distance as torchmetrics does."""
    from torchmetrics.image.fid import _compute_fid

    real, fake = _moments(samples, 0), _moments(samples, 1)
    return _distance(lambda: _compute_fid(real.mean, real.covariance, fake.mean, fake.covariance))


def our_distance(samples: int) -> Run:
    """Compute the Frechet distance as the score does."""
    real, fake = _moments(samples, 0), _moments(samples, 1)
    return _distance(lambda: frechet_distance(real, fake))


def title(record: Record) -> str:
    """Say what was measured."""
    if "count" in record.facts:
        return f"{record.subject} of {record.facts['count']:,} images of 64x64"
    return f"Frechet distance in {_DIMENSIONS} dimensions, {record.subject} ({record.facts['samples']:,} a side)"


def rows(record: Record) -> str:
    """Return the table; the first contestant is the one that others are set against."""
    peer, count = next(iter(record.runs)), record.facts.get("count")
    body = []
    for name in record.runs:
        seconds = record.median(name)
        third = f"{count / seconds:.1f}" if count else f"{record.median(name, 'value'):.9g}"
        ratio = f"{record.median(peer) / seconds:.2f}"
        body.append([name, f"{seconds:.4g}", third, ratio, f"{record.peak(name):.0f}"])
    columns = ["", "s", "images/s" if count else "distance", f"against {peer}", "peak MiB"]
    return table(columns, body)


def _tell(record: Record) -> None:
    keep("evaluate", record)
    print(f"### {title(record)}\n\n{rows(record)}\n\n{record.told()}\n", flush=True)


def _extractions(weights: Path, count: int) -> dict[str, Job]:
    jobs: dict[str, Job] = {_PEER: ("benchmarks.evaluate:peer_features", str(weights), count)}
    known = inspect.signature(Inception).parameters
    for name, options in _OURS.items():
        if options.keys() <= known.keys():
            jobs[name] = ("benchmarks.evaluate:our_features", str(weights), count, options)
    return jobs


def _extraction(extract: Callable[[Tensor], Tensor], count: int) -> Run:
    images = torch.randint(0, 256, (count, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    extract(images[:_WARM])
    began = time.perf_counter()
    for chunk in torch.split(images, _BATCH):
        extract(chunk)
    return {"seconds": time.perf_counter() - began}


def _distance(compute: Callable[[], Tensor]) -> Run:
    began = time.perf_counter()
    value = compute().item()
    return {"seconds": time.perf_counter() - began, "value": value}


def _moments(samples: int, seed: int) -> Moments:
    """Return those of correlated, positive features, as Inception's are."""
    draws = torch.Generator().manual_seed(seed)
    mixing = torch.randn(_DIMENSIONS, _DIMENSIONS, generator=torch.Generator().manual_seed(2)) / _DIMENSIONS**0.5
    features = (torch.randn(samples, _DIMENSIONS, generator=draws) @ mixing).relu_().double()
    return Moments(features.mean(dim=0), torch.cov(features.T), samples)


def _random_weights(path: Path) -> Path:
    torch.save({}, path)
    torch.save(_Unread("inception-v3-compat", _OUTPUTS, str(path)).state_dict(), path)
    return path


class _Unread(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """Keeps the weights that it was built with."""

    def load_state_dict(self, *_: Any, **__: Any) -> None:
        pass


if __name__ == "__main__":
    main()
