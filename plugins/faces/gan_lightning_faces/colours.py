"""Faces in the light of others."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.randomness import Randomness

_EPS = 1e-3


def match_colours(images: Tensor, others: Tensor, random: Randomness, chance: float) -> Tensor:
    """Give some images a part of the mean and deviation of each channel of others (Reinhard et al. 2001).

    Args:
        images: ``[N, C, H, W]`` in [-1, 1].
        others: As many; image i takes from number i.
        random: The stream of this call.
        chance: Probability that an image is changed. How far it goes towards the other is drawn from U(0, 1).

    Returns:
        ``[N, C, H, W]`` in [-1, 1].
    """
    if not chance:
        return images
    drawn = random.uniform("colours", len(images), 2)
    share = (drawn[:, 0] * (drawn[:, 1] < chance))[:, None, None, None]
    mean, other_mean = (part.mean((2, 3), keepdim=True) for part in (images, others))
    spread, other_spread = (part.std((2, 3), keepdim=True) + _EPS for part in (images, others))
    wanted = spread + share * (other_spread - spread)
    return ((images - mean) / spread * wanted + mean + share * (other_mean - mean)).clamp(-1, 1)
