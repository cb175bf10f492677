"""Evaluates many samples with a cheap extractor and prints by how many MiB memory grew.

``memory_script.py FOLDER COUNT WIDTH METRICS [METRICS ...]``, one evaluation and one line for each METRICS.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import torch

from gan_lightning.components import Extracted, Extractor
from gan_lightning.data.samples import Samples
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.metrics.frechet import FrechetDistance
from gan_lightning.metrics.inception_score import InceptionScore
from gan_lightning.metrics.kernel import KernelDistance
from gan_lightning.metrics.prdc import PrecisionRecallDensityCoverage

METRICS = {
    "fid": FrechetDistance,
    "kid": KernelDistance,
    "is": InceptionScore,
    "prdc": PrecisionRecallDensityCoverage,
}


class Projection(Extractor):
    """A random projection of the pixels, rectified."""

    def __init__(self, pixels: int, width: int):
        self.matrix = torch.randn(pixels, width, generator=torch.Generator().manual_seed(0)) / pixels**0.5

    def __call__(self, images):
        features = (images.flatten(1).float() / 255) @ self.matrix
        return Extracted(features.relu_(), features[:, :10])

    def protocol(self):
        return {"extractor": "projection", "width": self.matrix.shape[1]}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: Path, count: int, width: int, *groups: str) -> None:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, 3, 4, 4), dtype=torch.uint8, generator=generator)
    data, extractor = Samples(images, None, "noise", "noise"), Projection(48, width)
    make = torch.nn.Linear(8, 48)

    def fakes():
        return (make(torch.randn(64, 8, generator=generator)).tanh().view(64, 3, 4, 4) for _ in range(count // 64 + 1))

    # The libraries take what they need for threads and kernels at first use
    Evaluator(data, extractor, {"fid": FrechetDistance()}, 64, 0, folder).evaluate(fakes(), "ema")
    for names in groups:
        scores = {name: METRICS[name]() for name in names.split(",")}
        before, began = peak(), time.perf_counter()
        Evaluator(data, extractor, scores, count, 0, folder).evaluate(fakes(), "ema")
        sys.stdout.write(json.dumps({"grown": peak() - before, "seconds": time.perf_counter() - began}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
