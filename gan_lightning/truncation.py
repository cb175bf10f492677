"""The truncation trick: samples nearer to what is typical, at the price of variety."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Truncating
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness


def require_truncation(generator: nn.Module, psi: float, *, normal: bool) -> None:
    """Refuse a truncation that a generator cannot make samples with.

    Args:
        generator: The generator, which may be `Truncating`.
        psi: The limit of latents, or what a `Truncating` generator makes of it.
        normal: Whether latents are standard normal.

    Raises:
        UserError: There is none for these latents, or psi is not in its range.
    """
    if not math.isfinite(psi):
        raise UserError(f"truncation: expected a finite number, such as 0.7, got {psi}")
    if isinstance(generator, Truncating):
        return
    if not normal:
        raise UserError("truncation: latents are bounded already; it needs game.prior=normal, or a generator of styles")
    if psi <= 0:
        raise UserError(f"truncation: expected the largest size of a latent, above 0, such as 0.7, got {psi:g}")


def truncated_normal(latents: Tensor, psi: float, random: Randomness) -> Tensor:
    """Draw those standard normal numbers again that are not in [-psi, psi] (Brock et al. 2018, arXiv:1809.11096).

    The others stay as they are, so a sample changes little where little of it is beyond. What is drawn again has the
    distribution that drawing until it fits would give it, from one uniform number each.

    Args:
        latents: Standard normal numbers ``[N, ...]``.
        psi: The limit, above 0.
        random: Where new numbers come from.

    Returns:
        ``[N, ...]``, within [-psi, psi].
    """
    inside = math.erf(psi / math.sqrt(2))
    uniform = random.uniform("truncation", *latents.shape)
    again = torch.erfinv((2 * uniform - 1) * inside) * math.sqrt(2)
    return torch.where(latents.abs() > psi, again.clamp(-psi, psi), latents)
