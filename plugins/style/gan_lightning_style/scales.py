"""Images of several sizes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gan_lightning.critique import Critique


@dataclass(frozen=True)
class Scales:
    """The sizes of a pyramid of images, each of twice the sides of the one before.

    A sample of all sizes is one vector, its values image by image, the smallest first: so the means, lines and
    gradients that losses and penalties take of samples are those of all sizes.

    Args:
        shape: Channels, height and width of the largest.
        doublings: How many smaller ones there are.
    """

    shape: tuple[int, ...]
    doublings: int

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Channels, height and width of each, the smallest first."""
        channels, height, width = self.shape
        return [(channels, height >> step, width >> step) for step in reversed(range(self.doublings + 1))]

    def of(self, images: Tensor) -> list[Tensor]:
        """Return means over squares of images ``[N, *shape]``, the smallest first and they themselves last."""
        found = [images]
        for _ in range(self.doublings):
            found.insert(0, avg_pool2d(found[0], 2))
        return found

    def pack(self, images: Sequence[Tensor]) -> Tensor:
        """Return images of all sizes as ``[N, values]``."""
        return torch.cat([image.flatten(1) for image in images], dim=1)

    def unpack(self, samples: Tensor) -> list[Tensor]:
        """Return the images in samples ``[N, values]``, the smallest first."""
        shapes = self.shapes
        parts = torch.split(samples, [torch.Size(shape).numel() for shape in shapes], dim=1)
        return [part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]

    def enlarged(self, image: Tensor) -> Tensor:
        """Bring images of any of the sizes to the largest, by repeating pixels."""
        return interpolate(image, size=self.shape[1:], mode="nearest")


@runtime_checkable
class MakesScales(Protocol):
    """A generator that makes images of several sizes at once."""

    doublings: int

    def scales(self, latents: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """Map latents ``[N, *latent_shape]`` and labels ``[N]`` to images of every size, the smallest first."""
        ...


@runtime_checkable
class JudgesScales(Protocol):
    """A discriminator that sees images of several sizes at once; it is called with images or with packed ones."""

    sizes: Scales

    def judge(self, images: Sequence[Tensor], labels: Tensor | None = None) -> Critique:
        """Judge images of every size, the smallest first, with labels ``[N]``."""
        ...
