"""Where an image is looked for: among latents, or among styles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from gan_lightning.editing.maker import Inputs, Maker

SpaceName = Literal["z", "w", "w+"]


class Space(ABC):
    """Points that a generator makes images of.

    Args:
        maker: The generator.
        near: One sample ``[1, ...]`` that is like the image that is looked for; it has its class.

    Attributes:
        start: The point to begin at.
        spread: How far points lie apart, in the units of their noise.
    """

    start: Tensor
    spread: float

    @abstractmethod
    def __init__(self, maker: Maker, near: Inputs) -> None: ...

    @abstractmethod
    def image(self, point: Tensor) -> Tensor:
        """Return the image ``[1, C, H, W]`` of a point."""

    @abstractmethod
    def told(self, point: Tensor) -> dict[str, Tensor]:
        """Return what makes the image, by name."""


class Latents(Space):
    """Latents, from those of a sample that is near."""

    def __init__(self, maker: Maker, near: Inputs) -> None:
        self.maker, self.labels = maker, near.labels
        self.start, self.spread = near.latents, maker.latent_spread

    def image(self, point: Tensor) -> Tensor:
        """Return the image of latents; bounded ones stay in their bounds."""
        return self.maker.image(Inputs(self._valid(point), self.labels))

    def told(self, point: Tensor) -> dict[str, Tensor]:
        """Return ``latents`` ``[1, *latent_shape]``, and ``labels`` ``[1]``."""
        return {"latents": self._valid(point), **({} if self.labels is None else {"labels": self.labels})}

    def _valid(self, point: Tensor) -> Tensor:
        return point if self.maker.normal else point.clamp(-1, 1)


class Styles(Space):
    """One style for all layers, from the mean style (Karras et al. 2019, arXiv:1912.04958, appendix D)."""

    def __init__(self, maker: Maker, near: Inputs) -> None:
        statistics = maker.style_statistics(None if near.labels is None else int(near.labels))
        self.maker, self.mean, self.spread = maker, statistics.mean, statistics.spread
        self.start = self._start()

    def _start(self) -> Tensor:
        return self.mean.new_zeros(1, 1, self.mean.shape[2])

    def image(self, point: Tensor) -> Tensor:
        """Return the image of the mean style moved by `point`."""
        return self.maker.image_of_styles(self.mean + point)

    def told(self, point: Tensor) -> dict[str, Tensor]:
        """Return ``styles`` ``[1, layers, width]``."""
        return {"styles": self.mean + point}


class LayeredStyles(Styles):
    """A style for each layer, which can be almost any image, typical or not (Abdal et al. 2019, arXiv:1904.03189)."""

    def _start(self) -> Tensor:
        return self.mean.new_zeros(self.mean.shape)


SPACES: Mapping[SpaceName, type[Space]] = {"z": Latents, "w": Styles, "w+": LayeredStyles}
