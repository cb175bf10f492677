"""Faces swapped in pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lightning.data.samples import to_bytes
from gan_lightning.editing.translator import Translator
from gan_lightning.errors import UserError
from gan_lightning.metrics.frozen import to_rgb
from gan_lightning_faces.alignment import cut_out, place_of, put_back
from gan_lightning_faces.detector import Detector, FoundFace
from gan_lightning_faces.game import FaceSwap
from gan_lightning_faces.mark import label


@dataclass
class Swapper:
    """Swaps every face that is found in pictures, or takes each picture for a face.

    Args:
        translator: A trained game `FaceSwap`, and which way it goes.
        detector: What finds faces; None where pictures are faces.
        marked: Whether pictures are labelled as synthetic.

    Attributes:
        swapped: Faces that have been swapped so far.

    Raises:
        UserError: The game is another.
    """

    translator: Translator
    detector: Detector | None
    marked: bool = True
    swapped: int = 0

    def __post_init__(self) -> None:
        """Look at the game."""
        game = self.translator.trained.module.game
        if not isinstance(game, FaceSwap):
            raise UserError(
                f"{type(game).__name__} swaps no faces; train game face_swap, or use gan-lightning translate"
            )

    @torch.no_grad()
    def __call__(self, pictures: Tensor, number: int = 0) -> Tensor:
        """Swap faces in pictures ``[N, C, H, W]`` in [-1, 1] of any size; `number` is that of the first."""
        del number
        made = torch.stack([self._in_picture(picture) for picture in pictures])
        return label(made) if self.marked else made

    def _in_picture(self, picture: Tensor) -> Tensor:
        if self.detector is None:
            return self._whole(picture)
        for face in find_faces(self.detector, picture):
            place = place_of(face, *picture.shape[1:])
            made = self.translator(cut_out(picture, place, self.translator.taken[1])[None])[0]
            picture = put_back(picture, made, place)
            self.swapped += 1
        return picture

    def _whole(self, picture: Tensor) -> Tensor:
        """Return a picture that is a face, with the other face."""
        side = self.translator.taken[1]
        made = self.translator(_resized(picture, side, side)[None])[0]
        self.swapped += 1
        return _resized(made, *picture.shape[1:])


def find_faces(detector: Detector, picture: Tensor) -> list[FoundFace]:
    """Return the faces in a picture ``[C, H, W]`` in [-1, 1]."""
    return detector(to_bytes(to_rgb(picture[None])[0]).permute(1, 2, 0).contiguous().numpy())


def _resized(picture: Tensor, height: int, width: int) -> Tensor:
    if picture.shape[1:] == (height, width):
        return picture
    return interpolate(picture[None], (height, width), mode="bicubic", antialias=True)[0].clamp(-1, 1)
