"""Walks from one latent, or style, to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lightning.errors import UserError

#: Makes what lies between ``[F, ...]`` and ``[F, ...]`` at shares ``[F]`` of the way.
Between = Callable[[Tensor, Tensor, Tensor], Tensor]

_PARALLEL = 1e-3  # sine of an angle below which a great circle cannot be told from a line, or has no one plane


def lerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Go straight from ``[F, ...]`` to ``[F, ...]``: ``[F, ...]`` at shares ``[F]`` of the way, from 0 to 1."""
    return torch.lerp(start, end, _along(share, start))


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """Go along the great circle, so that lengths stay those of latents (White 2016, arXiv:1609.04468).

    ``sin((1 - t) w) / sin(w) a + sin(t w) / sin(w) b`` with the angle w between a and b. A straight line between two
    normal latents passes through shorter ones, of a kind that the generator has hardly seen.

    Args:
        start: Where each way begins ``[F, ...]``.
        end: Where it ends ``[F, ...]``.
        share: How much of it has been gone ``[F]``, from 0 to 1.

    Returns:
        ``[F, ...]``; latents in one direction, or in opposite ones, are gone between straight.
    """
    cosine = torch.nn.functional.cosine_similarity(start.flatten(1), end.flatten(1), dim=1)
    angle = torch.acos(cosine.clamp(-1, 1))
    bent = torch.sin(angle) > _PARALLEL
    safe = torch.where(bent, angle, torch.ones_like(angle))
    before = _along(torch.sin((1 - share) * safe) / torch.sin(safe), start)
    after = _along(torch.sin(share * safe) / torch.sin(safe), start)
    return torch.where(_along(bent, start), before * start + after * end, lerp(start, end, share))


@dataclass(frozen=True)
class Walk:
    """Frames between keys, numbered as the keys are.

    Args:
        before: For each frame the key that it comes from ``[F]``.
        after: The key that it goes to ``[F]``.
        share: How much of the way has been gone ``[F]``.
    """

    before: Tensor
    after: Tensor
    share: Tensor

    @classmethod
    def through(cls, keys: int, steps: int, *, loop: bool) -> Walk:
        """Walk through keys in order.

        Args:
            keys: How many, at least 2.
            steps: Frames on each way, at least 2. Each begins at its key.
            loop: Whether to walk back to the first key, which is not shown again; else the last way ends at its key.

        Raises:
            UserError: There are too few keys or steps.
        """
        if keys < 2 or steps < 2:
            raise UserError(f"a walk needs two keys and two steps at least, got {keys} and {steps}")
        before = torch.arange(keys if loop else keys - 1)
        shares = (torch.arange(steps) / steps).repeat(len(before), 1)
        if not loop:
            shares[-1] = torch.linspace(0, 1, steps)
        return cls(before.repeat_interleave(steps), (before + 1).repeat_interleave(steps) % keys, shares.flatten())

    def between(self, keys: Tensor, way: Between) -> Tensor:
        """Return what each frame has, ``[F, ...]``, of keys ``[K, ...]``."""
        return way(keys[self.before], keys[self.after], self.share.to(keys.device))


def _along(values: Tensor, like: Tensor) -> Tensor:
    """Return values ``[F]`` so that they are broadcast over ``[F, ...]``."""
    return values.view(-1, *(1 for _ in like.shape[1:]))
