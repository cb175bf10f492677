"""When networks grow: how large images are after so many real ones, and how far the newest size is faded in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeVar

from torch import Tensor, lerp, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan_lightning.errors import UserError
from gan_lightning.game import Stage


class Size(NamedTuple):
    """A size of images.

    Args:
        depth: Doublings from the smallest size to it.
        alpha: Share of the last of them, from 0 to 1.
    """

    depth: int
    alpha: float


@dataclass(frozen=True)
class Growth:
    """A schedule: each size is faded in over some images, and then stays for some.

    Args:
        stages: A stage for each size.
        fades: Images over which each is faded in; 0 where it is there at once, as the first is.
        first: Doublings from the smallest size to that of the first stage.
    """

    stages: tuple[Stage, ...]
    fades: tuple[int, ...]
    first: int

    def at(self, images: int) -> Size:
        """Return the size after so many real images."""
        index = max(index for index, stage in enumerate(self.stages) if stage.start <= images)
        fade = self.fades[index]
        passed = images - self.stages[index].start
        return Size(self.first + index, 1.0 if passed >= fade else passed / fade)


def growth(
    sizes: Sequence[tuple[int, int]],
    *,
    first: int,
    stable: int | Sequence[int],
    fade: int | Sequence[int],
    batch_sizes: Sequence[int] | None,
    lr_factors: float | Sequence[float],
) -> Growth:
    """Lay out the stages.

    Args:
        sizes: Height and width of all sizes, the smallest first.
        first: Which of them the first stage has.
        stable: Images for which each size but the last stays, once it is there.
        fade: Images over which each size but the first is faded in.
        batch_sizes: Images in a batch of each stage; the recipe's if None.
        lr_factors: Factor on the learning rates in each stage.

    Raises:
        UserError: There are not as many numbers as are needed, or one is too small.
    """
    played = sizes[first:]
    later = len(played) - 1
    stays, fades = _each("stable", stable, later, least=1), [0, *_each("fade", fade, later, least=0)]
    starts = accumulate((stay + fading for stay, fading in zip(stays, fades, strict=False)), initial=0)
    factors = _each("lr_factors", lr_factors, len(played), least=0.0)
    batches: list[int] | list[None] = [None] * len(played)
    if batch_sizes is not None:
        batches = _each("batch_sizes", batch_sizes, len(played), least=1)
    stages = tuple(
        Stage(f"{height}x{width}", start, size, factor)
        for (height, width), start, size, factor in zip(played, starts, batches, factors, strict=True)
    )
    return Growth(stages, tuple(fades), first)


def faded(images: Tensor, halvings: int, alpha: float) -> Tensor:
    """Return real images as networks that grow are to take them for.

    Means over squares, and of these as much of the size below as is still in what a generator makes: without, real
    images would be told by their sharpness as long as a size is faded in (Karras et al. 2018, arXiv:1710.10196,
    figure 2).

    Args:
        images: At full size, ``[N, C, H, W]``.
        halvings: How often both sides are halved.
        alpha: Share of this size in the result, against that of the size below.

    Returns:
        ``[N, C, H / 2 ** halvings, W / 2 ** halvings]``.
    """
    small = avg_pool2d(images, 2**halvings) if halvings else images
    return small if alpha == 1.0 else lerp(doubled(avg_pool2d(small, 2)), small, alpha)


def newest_image(layers: nn.ModuleList, maps: Sequence[Tensor], alpha: float) -> Tensor:
    """Return images ``[N, C, H, W]`` of the last of some maps, faded with those of the maps before.

    Args:
        layers: From maps to images, one for each size.
        maps: The maps of every size so far, the smallest first.
        alpha: Share of the last.
    """
    depth = len(maps) - 1
    image: Tensor = layers[depth](maps[depth])
    if depth == 0 or alpha == 1.0:
        return image
    return lerp(doubled(layers[depth - 1](maps[depth - 1])), image, alpha)


def doubled(images: Tensor) -> Tensor:
    """Repeat every pixel 2x2."""
    return interpolate(images, scale_factor=2.0, mode="nearest")


_Number = TypeVar("_Number", int, float)


def _each(name: str, given: _Number | Sequence[_Number], count: int, *, least: _Number) -> list[_Number]:
    """Return one number for each of `count`, of one for all or one for each."""
    numbers = list(given) if isinstance(given, Sequence) else [given] * count
    if len(numbers) != count:
        raise UserError(f"game.{name}: expected one number, or one for each of {count} sizes; got {len(numbers)}")
    for number in numbers:
        if number < least:
            raise UserError(f"game.{name}: expected at least {least}, got {number}")
    return numbers
