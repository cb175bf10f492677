"""Few independent bits, mixed into many values: data whose factorial code is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import fingerprint
from gan_lightning.data.decode import parse_resolution
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

_MOST_BITS = 12
_TRIES = 100


@dataclass(frozen=True)
class RedundantBits(Dataset):
    """Black and white images, each pixel of which is what a few of m fair, independent bits vote for.

    A pixel's bits, some of them negated, are drawn once for all samples, so that each bit has as many pixels as the
    others and no two settings of the bits give the same image. ``Samples.facts`` holds ``"bits"``, bool ``[N, m]``, and
    ``"mixing"``, float32 ``[pixels, m]`` of -1, 0 and 1: a pixel is white where mixing times (2 bits - 1) is above 0.

    Args:
        bits: How many bits m, from 2 to 12.
        resolution: Size of every image, one number or [height, width]; each pixel is a value.
        votes: How many bits a pixel depends on, an odd number; 1 for copies.
        count: Number of samples.
        seed: Of the mixing and the samples.
    """

    bits: int = 6
    resolution: int | list[int] = 7
    votes: int = 3
    count: int = 10_000
    seed: int = 0

    origin: ClassVar[Origin | None] = None

    def __post_init__(self) -> None:
        """Refuse what cannot be mixed."""
        if not 2 <= self.bits <= _MOST_BITS:
            raise UserError(f"data.bits: expected 2 to {_MOST_BITS}, got {self.bits}")
        if self.votes < 1 or self.votes % 2 == 0 or self.votes > self.bits:
            raise UserError(f"data.votes: expected an odd number from 1 to {self.bits}, got {self.votes}")
        if self.count < 1:
            raise UserError(f"data.count: expected 1 or more, got {self.count}")

    def load(self, cache: Path) -> Samples:
        """Return the images; the cache is not needed.

        Raises:
            UserError: No mixing was found that tells all settings of the bits apart.
        """
        height, width = parse_resolution(self.resolution)
        random = Randomness(self.seed)
        mixing = self._mixing(height * width, random)
        bits = random.uniform("bits", self.count, self.bits) < 0.5
        pixels = mixed(bits, mixing).view(-1, 1, height, width).to(torch.uint8) * 255
        name = f"{self.bits} bits in {height}x{width} pixels"
        return Samples(pixels, None, name, fingerprint(pixels, None), facts={"bits": bits, "mixing": mixing})

    def _mixing(self, pixels: int, random: Randomness) -> Tensor:
        settings = torch.arange(2**self.bits)[:, None] >> torch.arange(self.bits) & 1
        for attempt in range(_TRIES):
            mixing = _drawn(pixels, self.bits, self.votes, random.at(attempt))
            if len(torch.unique(mixed(settings.bool(), mixing), dim=0)) == len(settings):
                return mixing
        raise UserError(
            f"data.resolution: {pixels} pixels of {self.votes} votes each do not tell {self.bits} bits apart; raise it"
        )


def mixed(bits: Tensor, mixing: Tensor) -> Tensor:
    """Return which pixels are white, bool ``[N, pixels]``, for bits ``[N, m]`` and a mixing ``[pixels, m]``."""
    return (2 * bits.float() - 1) @ mixing.T > 0


def _drawn(pixels: int, bits: int, votes: int, random: Randomness) -> Tensor:
    """Draw votes ``[pixels, bits]`` of -1, 0 and 1, each pixel's from the bits with the fewest so far."""
    lots = random.uniform("lots", pixels, bits)
    signs = (random.uniform("signs", pixels, bits) < 0.5).float() * 2 - 1
    taken = torch.zeros(pixels, bits)
    for pixel in range(pixels):
        fewest = (taken.sum(dim=0) + lots[pixel]).topk(votes, largest=False).indices
        taken[pixel, fewest] = 1
    return taken * signs
