"""Mixtures of real and generated images (mixup, Zhang et al. 2017, arXiv:1710.09412) for discriminators."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.randomness import Randomness

_TRIES = 24


def real_shares(random: Randomness, count: int, alpha: float) -> Tensor:
    """Draw shares ``[count]`` from Beta(alpha, alpha), alpha in (0, 1].

    By Johnk's method (1964): of two uniform numbers to the power of 1 / alpha, whose sum is at most 1, the first one's
    share of the sum. At least every second try succeeds, and the first that does is taken out of 24.
    """
    powers = random.uniform("shares", count, 2, _TRIES).double().pow(1 / alpha)
    sums = powers.sum(1)
    first = (sums <= 1).int().argmax(1, keepdim=True)
    shares = powers[:, 0].gather(1, first) / sums.gather(1, first).clamp(min=1e-300)
    return shares[:, 0].float()


def mixed(real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """Return images ``[N, C, H, W]`` with shares ``[N]`` of the real ones."""
    return fake + shares.view(-1, 1, 1, 1) * (real - fake)
