"""One of two processes that look at generated samples together: ``two_processes_script.py RANK FOLDER``.

The first prints the scores, and those that it comes to alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist

from gan_lightning.callbacks.together import look_together
from gan_lightning.components import Extracted, Extractor
from gan_lightning.data.samples import Samples
from gan_lightning.metrics.evaluator import Evaluator, Result
from gan_lightning.metrics.frechet import FrechetDistance
from gan_lightning.metrics.inception_score import InceptionScore
from gan_lightning.metrics.kernel import KernelDistance
from gan_lightning.metrics.prdc import PrecisionRecallDensityCoverage

COUNT = 64 * 5 + 7  # neither even nor whole batches
SCORES = {
    "fid": FrechetDistance,
    "kid": lambda: KernelDistance(subsets=5, subset_size=50),
    "is": lambda: InceptionScore(splits=3),
    "prdc": PrecisionRecallDensityCoverage,
}


class Pixels(Extractor):
    """The pixels, and how many images were seen."""

    seen = 0

    def __call__(self, images):
        self.seen += len(images)
        flat = images.flatten(1).float() / 255
        return Extracted(flat, flat[:, :4])

    def protocol(self):
        return {"extractor": "pixels"}


class Sampler:
    """The part of a game that makes samples."""

    def sample(self, networks, count, random, labels):
        return networks["generator"](random.normal("latents", count, 4)).tanh().view(count, 1, 3, 3)


def main(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    torch.manual_seed(1)
    network = torch.nn.Linear(4, 9)
    module = SimpleNamespace(device="cpu", game=Sampler(), networks=lambda *, averaged: {"generator": network})
    extractor, judge = judged_by(folder / str(rank))
    together = list(look_together(SimpleNamespace(global_rank=rank, world_size=2), module, judge, "ema", 3))
    told = {"own": extractor.seen}
    if rank == 0:
        alone = look_together(SimpleNamespace(global_rank=0, world_size=1), module, judge, "ema", 3)
        told |= {name: values(judge.judge(looks, "ema")) for name, looks in (("two", together), ("one", alone))}
    sys.stdout.write(json.dumps(told) + "\n")


def judged_by(cache: Path) -> tuple[Pixels, Evaluator]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (400, 1, 3, 3), dtype=torch.uint8, generator=generator)
    extractor, scores = Pixels(), {name: make() for name, make in SCORES.items()}
    return extractor, Evaluator(Samples(images, None, "noise", "noise"), extractor, scores, COUNT, 3, cache)


def values(results: list[Result]) -> dict[str, dict[str, float]]:
    return {result.name: dict(result.values) for result in results}


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
