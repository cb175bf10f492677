"""Geometric transforms of ADA: one matrix an image, applied once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.warp import copied, warped

#: A transform's inverse ``[N, 3, 3]``: where in the image, in pixels from its centre, what is seen at a place is from.
Step = Callable[[Drawn, tuple[int, int]], Tensor]


def transform(images: Tensor, drawn: Drawn) -> Tensor:
    """Apply the geometric transforms that are drawn.

    Images for which none but flips, quarter turns and shifts by whole pixels are drawn are copied pixel by pixel; all
    others are resampled. Turned by a quarter, images whose sides differ by an odd number lie half a pixel off.

    Args:
        images: ``[N, C, H, W]``.
        drawn: What is drawn.

    Returns:
        ``[N, C, H, W]``, with mirrored edges where the transform looks beyond them.
    """
    size = (images.shape[2], images.shape[3])
    whole, general = _composed(WHOLE, drawn, size), _composed(GENERAL, drawn, size)
    moved = copied(images, whole)
    if not any(name in drawn for name, _ in GENERAL):
        return moved
    eye = torch.eye(3, device=general.device)
    resampled = (general != eye).flatten(1).any(1)[:, None, None, None]
    return torch.where(resampled, warped(images, multiplied(whole, general)), moved)


def multiplied(one: Tensor, other: Tensor) -> Tensor:
    """Multiply matrices ``[N, K, K]`` in full precision, which devices may be told to spare in their own products."""
    return (one[:, :, :, None] * other[:, None]).sum(2)


def _composed(steps: Sequence[tuple[str, Step]], drawn: Drawn, size: tuple[int, int]) -> Tensor:
    matrix = torch.eye(3, device=drawn.random.device).expand(drawn.count, 3, 3)
    for name, step in steps:
        if name in drawn:
            matrix = multiplied(matrix, step(drawn, size))
    return matrix


def _scaling(across: Tensor, down: Tensor) -> Tensor:
    return torch.diag_embed(torch.cat([across, down, torch.ones_like(down)], dim=1))


def _turning(angle: Tensor) -> Tensor:
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = torch.cat([cosine, -sine, zero, sine, cosine, zero, zero, zero, zero + 1.0], dim=1)
    return rows.view(-1, 3, 3)


def _shifting(shares: Tensor) -> Tensor:
    matrix = torch.eye(3, device=shares.device).repeat(len(shares), 1, 1)
    matrix[:, :2, 2] = -shares
    return matrix


def _x_flip(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    del size
    flipped = drawn.integer("x_flip", 2)
    return _scaling(1.0 - 2.0 * flipped, torch.ones_like(flipped))


def _rotate_90(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    del size
    return _turning(drawn.integer("rotate_90", 4) * (math.pi / 2)).round()


def _integer_translation(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    shares = drawn.symmetric("integer_translation", size=2) * 0.125
    return _shifting((shares * shares.new_tensor(size[::-1])).round())


def _isotropic_scale(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    del size
    shrunk = torch.exp2(-0.2 * drawn.normal("isotropic_scale"))
    return _scaling(shrunk, shrunk)


def _rotation(use: str, drawn: Drawn, size: tuple[int, int]) -> Tensor:
    del size
    return _turning(drawn.symmetric("rotation", use=use, uses=2) * math.pi)


def _anisotropic_scale(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    del size
    shrunk = torch.exp2(-0.2 * drawn.normal("anisotropic_scale"))
    return _scaling(shrunk, 1.0 / shrunk)


def _fractional_translation(drawn: Drawn, size: tuple[int, int]) -> Tensor:
    shares = drawn.normal("fractional_translation", size=2) * 0.125
    return _shifting(shares * shares.new_tensor(size[::-1]))


#: Transforms that move whole pixels, in the order in which they are applied.
WHOLE: tuple[tuple[str, Step], ...] = (
    ("x_flip", _x_flip),
    ("rotate_90", _rotate_90),
    ("integer_translation", _integer_translation),
)

#: Transforms that need resampling, in the order in which they are applied, after the others.
GENERAL: tuple[tuple[str, Step], ...] = (
    ("isotropic_scale", _isotropic_scale),
    ("rotation", partial(_rotation, " before")),
    ("anisotropic_scale", _anisotropic_scale),
    ("rotation", partial(_rotation, " after")),
    ("fractional_translation", _fractional_translation),
)
