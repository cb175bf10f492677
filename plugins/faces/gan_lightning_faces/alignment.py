"""Faces out of pictures, upright and of one size, and back into them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from gan_lightning.errors import UserError
from gan_lightning_faces.detector import FoundFace
from gan_lightning_faces.similarity import inverted, moved, pixel_centres, similarity

#: Where landmarks come to lie in a face that is cut out, in [-1, 1]: eyes, nose, corners of the mouth. The distance of
#: the eyes is 27 % of the side, which leaves room for chin and forehead.
TEMPLATE = torch.tensor([[-0.27, -0.20], [0.27, -0.20], [0.0, 0.11], [-0.22, 0.42], [0.22, 0.42]])

_FEATHER = 0.3  # of half a side, over which what is pasted fades out


def place_of(face: FoundFace, height: int, width: int) -> Tensor:
    """Return where a face is in a picture: the map ``[1, 2, 3]`` from the picture's points, in pixels, to the face's.

    Args:
        face: What was found.
        height: Rows of the picture.
        width: Columns.

    Raises:
        UserError: Its landmarks are all in one place.
    """
    points = torch.tensor(face.landmarks, dtype=torch.float32)[None]
    if float(points.std(1).sum()) == 0:
        raise UserError(f"a face in a picture of {width}x{height} pixels has all its landmarks in one place")
    return similarity(points, TEMPLATE[None])


def cut_out(picture: Tensor, place: Tensor, side: int) -> Tensor:
    """Return a face ``[C, side, side]`` of a picture ``[C, H, W]``, both in [-1, 1].

    Args:
        picture: What it is in; beyond its edges they are continued.
        place: See `place_of`.
        side: Pixels a side.
    """
    height, width = picture.shape[1:]
    pixels = _pixels_of_a_side(place) / side
    seen = picture[None]
    if pixels > 1:  # a large face is made smaller first, or pixels in between were not seen at all
        smaller = [max(1, round(length / pixels)) for length in (height, width)]
        seen = interpolate(seen, smaller, mode="bicubic", antialias=True)
    where = moved(inverted(place), pixel_centres(side, side, picture.device)[None])
    normal = where * where.new_tensor([2 / width, 2 / height]) - 1
    found = grid_sample(seen, normal, mode="bicubic", padding_mode="border", align_corners=False)
    return found[0].clamp(-1, 1)


def put_back(picture: Tensor, face: Tensor, place: Tensor) -> Tensor:
    """Return a picture ``[C, H, W]`` with a face ``[C, side, side]`` in it, which fades out towards its edges."""
    left, top, right, bottom = _bounds(place, *picture.shape[1:])
    if left >= right or top >= bottom:
        return picture
    across, down = torch.meshgrid(torch.arange(left, right), torch.arange(top, bottom), indexing="xy")
    pixels = torch.stack([across, down], dim=2).to(picture) + 0.5
    inside = moved(place, pixels[None])
    made = grid_sample(face[None], inside, mode="bicubic", padding_mode="border", align_corners=False)[0].clamp(-1, 1)
    part = picture[:, top:bottom, left:right]
    whole = picture.clone()
    whole[:, top:bottom, left:right] = part + feather(inside[0]) * (made - part)
    return whole


def feather(points: Tensor) -> Tensor:
    """Return how much of a face shows at points ``[..., 2]``: 1 in the middle, smoothly 0 at the edges and beyond."""
    distance = (1 - points.abs().amax(-1)).clamp(0, _FEATHER) / _FEATHER
    return distance**2 * (3 - 2 * distance)


def _pixels_of_a_side(place: Tensor) -> float:
    return 2 / float(place[0, :, 0].norm())


def _bounds(place: Tensor, height: int, width: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what a face covers of a picture."""
    corners = place.new_tensor([[[-1, -1], [1, -1], [1, 1], [-1, 1]]])
    covered = moved(inverted(place), corners)[0]
    low, high = covered.amin(0).floor().int().tolist(), covered.amax(0).ceil().int().tolist()
    return max(0, low[0]), max(0, low[1]), min(width, high[0]), min(height, high[1])
