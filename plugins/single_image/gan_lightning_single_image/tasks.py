"""What can be done to images with a trained pyramid of scales, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning_single_image.editor import Editor, Motion
from gan_lightning_single_image.masks import soft_mask


@dataclass(frozen=True)
class Request:
    """What is asked of a task.

    Args:
        random: Where noise comes from.
        scale: The first scale that has a part in it; None for the task's own.
        image: ``[1, C, H, W]`` in [-1, 1], or None.
        mask: ``[1, 1, H, W]``, 1 where the image has been changed and 0 elsewhere, or None.
        times: Factor on the sides in super-resolution.
        frames: Frames of a film.
        motion: How noise moves in a film.
    """

    random: Randomness
    scale: int | None = None
    image: Tensor | None = None
    mask: Tensor | None = None
    times: float = 4.0
    frames: int = 100
    motion: Motion = field(default_factory=Motion)


@dataclass(frozen=True)
class Task:
    """Something that can be done.

    Args:
        text: What it does, in a phrase.
        make: Yields what is made, ``[1, C, h, w]`` each: one image, or the frames of a film.
        needs_image: Whether it is done to an image.
        takes_mask: Whether a mask tells what has been changed in it.
        any_size: Whether the image keeps its size, and is not brought to that of training.
        film: Whether it is a film.
    """

    text: str
    make: Callable[[Editor, Request], Iterator[Tensor]]
    needs_image: bool = True
    takes_mask: bool = False
    any_size: bool = False
    film: bool = False

    def __call__(self, editor: Editor, request: Request) -> Iterator[Tensor]:
        """Check what is given, and do it.

        Raises:
            UserError: Something is missing that the task needs, or given that it does not look at.
        """
        if self.needs_image and request.image is None:
            raise UserError(f"IMAGE: it is missing, and this task needs one: {self.text}")
        if not self.needs_image and request.image is not None:
            raise UserError(f"IMAGE: this task takes none: {self.text}")
        if not self.takes_mask and request.mask is not None:
            raise UserError(f"--mask: this task takes none: {self.text}")
        return self.make(editor, request)


def _repaint(editor: Editor, request: Request, radius: int | None, scale: int) -> Iterator[Tensor]:
    """Put an image in at a scale, and keep what is made near the mask only, if there is one."""
    image = _given(request.image)
    made = editor.injected(image, request.random, _scale(request, scale))
    if request.mask is not None and radius is not None:
        mask = soft_mask(request.mask, radius)
        made = mask * made + (1 - mask) * image
    yield made


def _paint(editor: Editor, request: Request) -> Iterator[Tensor]:
    return _repaint(editor, request, None, min(1, editor.finest))


def _harmonize(editor: Editor, request: Request) -> Iterator[Tensor]:
    return _repaint(editor, request, 7, max(1, editor.finest - 1))


def _edit(editor: Editor, request: Request) -> Iterator[Tensor]:
    return _repaint(editor, request, 20, max(1, (editor.finest + 1) // 2))


def _enlarge(editor: Editor, request: Request) -> Iterator[Tensor]:
    yield editor.enlarged(_given(request.image), request.random, request.times)


def _animate(editor: Editor, request: Request) -> Iterator[Tensor]:
    return editor.frames(request.frames, request.random, _scale(request, min(2, editor.finest)), request.motion)


#: Tasks by name (arXiv:1905.01164, section 4). Scales are those of the paper's figures as far as it tells them; the
#: best one depends on the image.
TASKS: Mapping[str, Task] = {
    "animate": Task("a film in which the image stirs", _animate, needs_image=False, film=True),
    "edit": Task("smooths a collage of parts of the image", _edit, takes_mask=True),
    "harmonize": Task("fits an object that was pasted in to the rest", _harmonize, takes_mask=True),
    "paint": Task("makes a photograph of a painting in flat colours", _paint),
    "super_resolution": Task("enlarges an image", _enlarge, any_size=True),
}


def _given(image: Tensor | None) -> Tensor:
    assert image is not None
    return image


def _scale(request: Request, otherwise: int) -> int:
    return otherwise if request.scale is None else request.scale
