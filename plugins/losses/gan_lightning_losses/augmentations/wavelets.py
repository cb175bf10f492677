"""Filters of Daubechies' symlets, least asymmetric orthogonal wavelets, and what is built of them.

A symlet of order n has 2n taps h with sum sqrt(2), n vanishing moments, and is orthogonal to its own shifts by even
numbers of taps, so that resampling up by h and down by h again is exact (Daubechies 1992, Ten Lectures on Wavelets,
section 6.4).
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

_ROOT3 = math.sqrt(3.0)

#: Low-pass taps of order 2.
SYM2 = tuple(value / (4.0 * math.sqrt(2.0)) for value in (1.0 + _ROOT3, 3.0 + _ROOT3, 3.0 - _ROOT3, 1.0 - _ROOT3))

#: Low-pass taps of order 6.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)

#: Where the taps of SYM6 have their centre of mass: what comes out of the filter is displaced by so much.
SYM6_CENTRE = sum(place * tap for place, tap in enumerate(SYM6)) / sum(SYM6)


@lru_cache(maxsize=1)
def octaves() -> Tensor:
    """Return symmetric filters ``[4, 43]`` that pass the bands up to 1/8, 1/4, 1/2 and all of the highest frequency.

    With the half-band filter L(z) = H(z) H(1/z) / 2 of SYM2, whose mirror image is 1 - L(z), they are
    L(z) L(z^2) L(z^4), L(z) L(z^2) (1 - L(z^4)), L(z) (1 - L(z^2)) and 1 - L(z): their sum is 1.
    """
    half = _convolved(torch.tensor(SYM2, dtype=torch.double), torch.tensor(SYM2[::-1], dtype=torch.double)) / 2.0
    below, bands = torch.ones(1, dtype=torch.double), []
    for spread in (1, 2, 4):
        low = torch.zeros(spread * (len(half) - 1) + 1, dtype=torch.double)
        low[::spread] = half
        high = -low
        high[len(low) // 2] += 1.0
        bands.append(_convolved(below, high))
        below = _convolved(below, low)
    bands.append(below)
    return torch.stack([pad(band, [(len(below) - len(band)) // 2] * 2) for band in bands[::-1]])


def _convolved(one: Tensor, other: Tensor) -> Tensor:
    return conv1d(one[None, None], other.flip(0)[None, None], padding=len(other) - 1)[0, 0]
