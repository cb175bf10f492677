"""Colour transforms of ADA: one matrix an image, applied once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.geometry import multiplied

#: A map ``[N, 4, 4]`` of (red, green, blue, 1).
Step = Callable[[Drawn], Tensor]


def recolor(images: Tensor, drawn: Drawn) -> Tensor:
    """Apply the colour transforms that are drawn.

    Args:
        images: ``[N, C, H, W]`` of 3 channels, or of 1, which is taken for three alike, whose mean is returned.
        drawn: What is drawn.

    Raises:
        UserError: Images have another number of channels.
    """
    if not any(name in drawn for name in COLOR):
        return images
    channels = images.shape[1]
    if channels not in _APPLIED:
        raise UserError(f"augment.ada.pipe: colours are of 1 or 3 channels, and the data have {channels}; use bg")
    matrix = torch.eye(4, device=images.device).expand(drawn.count, 4, 4)
    for name, step in COLOR.items():
        if name in drawn:
            matrix = multiplied(step(drawn), matrix)
    changed = (matrix != torch.eye(4, device=images.device)).flatten(1).any(1)[:, None, None, None]
    return torch.where(changed, _APPLIED[channels](images, matrix.to(images.dtype)), images)


def _rgb(images: Tensor, matrix: Tensor) -> Tensor:
    pixels = images.flatten(2)
    return torch.baddbmm(matrix[:, :3, 3:], matrix[:, :3, :3], pixels).view_as(images)


def _gray(images: Tensor, matrix: Tensor) -> Tensor:
    row = matrix[:, :3].mean(1)[:, None, None]
    return images * row[..., :3].sum(-1, keepdim=True) + row[..., 3:]


_APPLIED: Mapping[int, Callable[[Tensor, Tensor], Tensor]] = {1: _gray, 3: _rgb}


def _affine(linear: Tensor, offset: Tensor | None = None) -> Tensor:
    matrix = torch.eye(4, device=linear.device).repeat(len(linear), 1, 1)
    matrix[:, :3, :3] = linear
    if offset is not None:
        matrix[:, :3, 3] = offset
    return matrix


def _eye(like: Tensor) -> Tensor:
    return torch.eye(3, device=like.device)


def _luma(like: Tensor) -> Tensor:
    """Return the projection on the axis of gray ``[3, 3]``."""
    return torch.full((3, 3), 1 / 3, device=like.device)


def _brightness(drawn: Drawn) -> Tensor:
    offset = 0.2 * drawn.normal("brightness")
    return _affine(_eye(offset).repeat(len(offset), 1, 1), offset)


def _contrast(drawn: Drawn) -> Tensor:
    factor = torch.exp2(0.5 * drawn.normal("contrast"))[..., None]
    return _affine(factor * _eye(factor))


def _luma_flip(drawn: Drawn) -> Tensor:
    flipped = drawn.integer("luma_flip", 2)[..., None]
    return _affine(_eye(flipped) - 2.0 * flipped * _luma(flipped))


def _hue(drawn: Drawn) -> Tensor:
    """Rotate about the axis of gray, by Rodrigues' formula."""
    angle = drawn.symmetric("hue")[..., None] * math.pi
    axis = 1 / math.sqrt(3.0)
    cross = angle.new_tensor([[0.0, -axis, axis], [axis, 0.0, -axis], [-axis, axis, 0.0]])
    return _affine(_eye(angle) + angle.sin() * cross + (angle.cos() - 1.0) * (_eye(angle) - _luma(angle)))


def _saturation(drawn: Drawn) -> Tensor:
    factor = torch.exp2(drawn.normal("saturation"))[..., None]
    return _affine(_eye(factor) + (factor - 1.0) * (_eye(factor) - _luma(factor)))


#: Colour transforms, in the order in which they are applied.
COLOR: Mapping[str, Step] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "luma_flip": _luma_flip,
    "hue": _hue,
    "saturation": _saturation,
}
