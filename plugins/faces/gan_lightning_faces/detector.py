"""What finds faces in pictures."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gan_lightning.errors import UserError

MTCNN = "gan_lightning_faces.mtcnn:MTCNN"


@dataclass(frozen=True)
class FoundFace:
    """A face in a picture.

    Args:
        box: Left, top, right, bottom in pixels, ``[4]``; it may reach out of the picture.
        landmarks: (x, y) in pixels ``[5, 2]`` of the eye on the left of the picture, the one on its right, the nose,
            and the left and right corners of the mouth.
        score: How sure it is, up to 1.
    """

    box: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    score: float


class Detector(Protocol):
    """Finds faces; one of your own is named ``package.module:Name`` and constructed without arguments."""

    def __call__(self, picture: NDArray[np.uint8]) -> list[FoundFace]:
        """Return the faces in a picture, RGB ``[H, W, 3]``, the surest first."""
        ...


def make_detector(name: str) -> Detector:
    """Construct a detector from where it is.

    Raises:
        UserError: There is none, or it needs what is not installed.
    """
    module, _, attribute = name.partition(":")
    try:
        made: Detector = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"--detector: {name} cannot be had ({error}); expected package.module:Name") from error
    return made
