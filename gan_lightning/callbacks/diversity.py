"""Generators that have begun to make the same sample over and over."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.callbacks.watch import Look, Watch
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.module import GANModule
from gan_lightning.randomness import Randomness
from gan_lightning.recipe.schema import GuardSection
from gan_lightning.sampling import draw_samples, sources_of

#: Samples of each side that are compared, and the largest side of an image at which they are.
_COUNT = 128
_SIDE = 32
#: What two samples are apart at least, as a share of what real ones are: copies are no infinitely bad sign.
_LEAST = 1e-3


class Diversity(Watch):
    """Watches how far apart generated samples are, as a share of how far apart real ones are.

    The measure is logged as ``guard/diversity``. It is the geometric mean of the distances between all pairs of 128
    samples of the raw generator, divided by that of 128 real ones: 1 for samples as different as real ones, 0.001 for
    copies of a single one, above 1 for samples that are scattered further than the real ones. The geometric mean sees
    that all samples fall into a few heaps, which an arithmetic one hardly does while the heaps are far apart, and it
    hardly sees a few that lie far out. Distances are Euclidean, of the numbers of points and of the pixels of images at
    no more than 32 by 32. It says nothing on whether samples are any good.

    Untrained generators make samples that are all alike, so only a diversity that has been there can be lost: one that
    has been more than half way from what counts as lost to that of the real samples.

    Args:
        data: Real samples.
        section: How little counts as lost, how often to look, and what is done about it.
        seed: Names the generated samples.
    """

    def __init__(self, data: Samples, section: GuardSection, seed: int) -> None:
        super().__init__(section, section.collapse_patience)
        self.data = data
        self.least = section.diversity or 0.0
        self.enough = (self.least + 1.0) / 2
        self.every = section.diversity_every
        self.seed = seed
        self.found = False

    def look(self, module: GANModule) -> Look:
        """Make samples and compare."""
        sources = sources_of(module.game, self.data)
        networks = module.networks(averaged=False)
        made = torch.cat(list(draw_samples(module.game, networks, _COUNT, self.seed, sources=sources)))
        value = spread(made, self._real) / self._real
        self.found = self.found or value > self.enough
        words = f"generated samples are {value:.2g} times as far apart as real ones at update {module.updates}"
        lost = self.found and value < self.least
        return Look(lost, f"{words}, once more than {self.enough:.3g}", {"guard/diversity": value})

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {**super().state_dict(), "found": self.found}

    @cached_property
    def _real(self) -> float:
        rows = torch.randperm(len(self.data), generator=Randomness(0).generator("diversity"))[:_COUNT]
        real = to_network(self.data.take(rows))
        return spread(real, spread(real, 0.0))


def spread(samples: Tensor, scale: float) -> float:
    """Return the geometric mean of the distances between all pairs of samples.

    Args:
        samples: Points ``[N, D]`` or images ``[N, C, H, W]``.
        scale: Distances below a thousandth of this are taken as that; 0 to take the arithmetic mean instead, in which
            short distances do no harm.

    Returns:
        The mean, NaN where a sample is no finite number.
    """
    distances = nn.functional.pdist(_reduced(samples.float()).flatten(1)).double()
    if scale == 0.0:
        return distances.mean().item()
    return math.exp(distances.clamp(min=_LEAST * scale).log().mean().item())


def _reduced(samples: Tensor) -> Tensor:
    if samples.dim() != 4 or max(samples.shape[2:]) <= _SIDE:
        return samples
    height, width = samples.shape[2:]
    return nn.functional.adaptive_avg_pool2d(samples, (min(height, _SIDE), min(width, _SIDE)))
