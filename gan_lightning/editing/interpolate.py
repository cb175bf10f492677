"""Frames of a walk between samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from torch import Tensor

from gan_lightning.editing.classes import between_classes
from gan_lightning.editing.maker import Inputs, Maker
from gan_lightning.editing.walk import Walk, lerp, slerp
from gan_lightning.sampling import CHUNK

Space = Literal["z", "w"]


def interpolate(maker: Maker, keys: Inputs, walk: Walk, space: Space) -> Iterator[Tensor]:
    """Yield the images of a walk, ``[<= 64, C, H, W]`` in [-1, 1].

    In the space of latents, ``"z"``, normal ones are walked between on great circles and bounded ones straight, and
    classes are mixed where the generator reads them. Styles, ``"w"``, are walked between straight, and have the
    classes in them.

    Args:
        maker: The generator.
        keys: The samples to walk between.
        walk: Which frames there are.
        space: Where to walk.

    Raises:
        UserError: The generator has no styles, or reads classes in a way that cannot be mixed.
    """
    return _SPACES[space](maker, keys, walk)


def _styles(maker: Maker, keys: Inputs, walk: Walk) -> Iterator[Tensor]:
    return maker.synthesise(walk.between(maker.styles(keys), lerp))


def _latents(maker: Maker, keys: Inputs, walk: Walk) -> Iterator[Tensor]:
    latents = walk.between(keys.latents, slerp if maker.normal else lerp)
    if keys.labels is None:
        yield from maker.images(Inputs(latents, None))
        return
    before, after = keys.labels[walk.before], keys.labels[walk.after]
    for start in range(0, len(latents), CHUNK):
        rows = slice(start, start + CHUNK)
        with between_classes(before[rows], after[rows], walk.share[rows].to(latents)):
            yield from list(maker.images(Inputs(latents[rows], before[rows])))


_SPACES: Mapping[Space, Callable[[Maker, Inputs, Walk], Iterator[Tensor]]] = {"z": _latents, "w": _styles}
