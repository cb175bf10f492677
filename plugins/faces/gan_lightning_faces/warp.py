"""Warped faces to learn from, and the same faces straight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from gan_lightning.randomness import Randomness
from gan_lightning_faces.similarity import inverted, moved, pixel_centres, similarity, with_shift

_POINTS = 5  # of the control grid, in a row
_TURN, _ZOOM, _SHIFT = 10.0, 0.1, 0.1  # degrees, share, and 5 % of a side that is 2 long


@dataclass(frozen=True)
class Warp:
    """Draws a rubber sheet over each face: its 5x5 corners are moved at random, and what lies between follows.

    As in the public code, on images that are cut out of larger ones: there the grid reaches 78 to 97 pixels from the
    middle, each of its points is moved by N(0, s) with s from 5 to 6.2 pixels, and turns of up to 10 degrees, zooms of
    10 %, shifts of 5 % and mirroring come before. Here images are the faces themselves, so 97 pixels are half of a side
    and all lengths are in parts of that: a grid of 0.8 to 1 with s from 0.052 to 0.064, at any resolution. What lies
    outside is the image's reflection.

    Args:
        strength: Factor on how far points of the grid are moved.
        jitter: Factor on turns, zooms and shifts.
        least: Share of the image, from its middle, that is seen at least.
        mirror: Whether half of the faces are mirrored.
    """

    strength: float = 1.0
    jitter: float = 1.0
    least: float = 0.8
    mirror: bool = True

    def __call__(self, images: Tensor, random: Randomness) -> tuple[Tensor, Tensor]:
        """Return images ``[N, C, S, S]`` warped, and straight but in the same place.

        The second is the image under the similarity that is nearest to what the grid was moved by: with `strength` of 0
        both are the same.

        Args:
            images: Square, in [-1, 1].
            random: The stream of this call.
        """
        count, side = len(images), images.shape[-1]
        regular, grid = self._grids(count, random)
        places = pixel_centres(side, side, images.device).expand(count, -1, -1, -1)
        bent = grid_sample(grid, places, mode="bilinear", padding_mode="border", align_corners=True).permute(0, 2, 3, 1)
        points = grid.flatten(2).mT
        straight = inverted(similarity(points, regular.expand_as(points)))
        pose = self._poses(count, random)
        warped, target = (_seen(images, moved(pose, where)) for where in (bent, moved(straight, places)))
        return warped, target

    def _grids(self, count: int, random: Randomness) -> tuple[Tensor, Tensor]:
        """Return the regular grid's points ``[25, 2]``, and the grids ``[N, 2, 5, 5]`` of what they are moved to."""
        axis = torch.linspace(-1, 1, _POINTS, device=random.device)
        regular = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
        reach = self.least + (1 - self.least) * random.uniform("reach", count, 1, 1, 1)
        deviation = self.strength * (5 + 1.2 * random.uniform("deviation", count, 1, 1, 1)) / 97
        moves = deviation * random.normal("moves", count, 2, _POINTS, _POINTS)
        return regular.flatten(1).mT, reach * regular + moves

    def _poses(self, count: int, random: Randomness) -> Tensor:
        """Return what turns, zooms, mirrors and shifts points ``[N, 2, 3]``."""
        turn, zoom, *shifts = ((2 * random.uniform("pose", count, 4) - 1) * self.jitter).unbind(1)
        angle = turn * math.radians(_TURN)
        cosine, sine = angle.cos() * (1 + _ZOOM * zoom), angle.sin() * (1 + _ZOOM * zoom)
        sign = torch.where(random.uniform("mirror", count) < 0.5 * self.mirror, -1.0, 1.0)
        linear = torch.stack([torch.stack([sign * cosine, -sine], 1), torch.stack([sign * sine, cosine], 1)], 1)
        return with_shift(linear, _SHIFT * torch.stack(shifts, 1))


def _seen(images: Tensor, places: Tensor) -> Tensor:
    """Return images ``[N, C, H, W]`` at places ``[N, h, w, 2]``."""
    return grid_sample(images, places, mode="bilinear", padding_mode="reflection", align_corners=False)
