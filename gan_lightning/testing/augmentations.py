"""What augmentations promise."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan_lightning.components import Augmentation
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require

_SHAPES = ((6, 3, 16, 16), (6, 1, 12, 20))

#: Options by which augmentations that do nothing at first are made to do something, where they have them.
_BUSY = {"p": 1.0}


def check_augmentation(augmentation: type[Augmentation], /, name: str = "", **settings: Any) -> None:
    """Check an augmentation; `settings` are options to construct it with."""
    keep_all("augmentation", augmentation, PROMISES, name, settings)


def keeps_the_shape(subject: Subject) -> None:
    """Gray and colour images of any sides keep shape and type, and stay finite."""
    for images in _images():
        made = _make(subject)(images, Randomness(0))
        require(made.shape == images.shape, f"{list(images.shape)} becomes {list(made.shape)}")
        require(made.dtype == images.dtype, f"{images.dtype} becomes {made.dtype}")
        require(bool(made.isfinite().all()), "the result is not finite")


def lets_gradients_through(subject: Subject) -> None:
    """Every image gets a finite gradient, so that the generator learns through it."""
    for images in _images():
        images.requires_grad_()
        made = _make(subject)(images, Randomness(0))
        weights = Randomness(0).normal("weights", *made.shape)
        (gradient,) = torch.autograd.grad((made * weights).sum(), images)
        require(bool(gradient.isfinite().all()), "a gradient is not finite")
        require(bool(gradient.flatten(1).any(dim=1).all()), "an image gets no gradient")


def is_a_function_of_the_position(subject: Subject) -> None:
    """The same turn transforms alike, another turn otherwise, whatever was drawn before."""
    for images in _images():
        augment = _make(subject)
        first = augment(images, Randomness(0).at(1))
        torch.rand(5)
        require(torch.equal(first, augment(images, Randomness(0).at(1))), "the same position gives another result")
        require(not torch.equal(first, augment(images, Randomness(0).at(2))), "another position gives the same result")


def is_the_same_on_many_processes(subject: Subject) -> None:
    """Two processes with half a batch each make what one makes of the whole."""
    for images in _images():
        augment = _make(subject)
        whole = augment(images, Randomness(0))
        half = len(images) // 2
        parts = [
            augment(images[rank * half : (rank + 1) * half], Randomness(0, rank=rank, world=2)) for rank in range(2)
        ]
        same = torch.allclose(whole, torch.cat(parts), atol=1e-6)
        require(same, "two processes with half a batch each make something else than one with the whole batch")


PROMISES: tuple[Promise, ...] = (
    keeps_the_shape,
    lets_gradients_through,
    is_a_function_of_the_position,
    is_the_same_on_many_processes,
)


def _make(subject: Subject) -> Augmentation:
    known = subject.options()[subject.name]
    made: Augmentation = subject.make(**{name: value for name, value in _BUSY.items() if name in known})
    return made


def _images() -> list[Tensor]:
    return [Randomness(0).uniform("images", *shape) * 2 - 1 for shape in _SHAPES]
