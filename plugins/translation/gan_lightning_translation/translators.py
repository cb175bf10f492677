"""Generators that are given images in place of latents."""

from __future__ import annotations

from gan_lightning.components import Generator
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

_SMALLEST = 8


class ImageToImage(Generator):
    """Makes images from images: `forward` takes sources ``[N, *source shape]`` where others take latents.

    Sources are the data's partner ``source``, or images like the samples where the data have none.

    Args:
        data: What is generated, and its partner.
        classes: Must be 0.

    Attributes:
        side_multiple: What sides of sources must be a multiple of; None where only the size of training will do.

    Raises:
        UnsupportedShapeError: The data are no images.
        UserError: There are classes.
    """

    side_multiple: int | None = 1

    def __init__(self, data: DataSpec, classes: int) -> None:
        super().__init__()
        require_images(data)
        refuse_classes(classes)
        self.latent_shape = self.source_shape(data)

    def source_shape(self, data: DataSpec) -> tuple[int, ...]:
        """Return the shape of a source: that of the partner, or of the samples themselves."""
        return data.partners.get("source", data.shape)


class SameSizeTranslator(ImageToImage):
    """Makes images of the size of the sources; channels may differ.

    Raises:
        UnsupportedShapeError: The two have different sizes.
    """

    def __init__(self, data: DataSpec, classes: int) -> None:
        super().__init__(data, classes)
        height, width = data.shape[1:]
        if self.latent_shape[1:] != (height, width):
            raise UnsupportedShapeError(
                f"data: {type(self).__name__} makes images of its sources' size; samples are {height}x{width}, "
                f"sources {'x'.join(map(str, self.latent_shape[1:]))}"
            )


def require_images(data: DataSpec) -> None:
    """Refuse points.

    Raises:
        UnsupportedShapeError: The data are no images.
    """
    if data.kind != "images":
        raise UnsupportedShapeError(f"data: this network is for images, the data are {data}; expected images")


def require_quarters(data: DataSpec, network: str) -> None:
    """Refuse images that cannot be halved twice, or whose quarter cannot be reflected and normalised.

    Raises:
        UnsupportedShapeError: Sides are no multiple of 4 from 8 on.
    """
    height, width = data.shape[1:]
    if height % 4 or width % 4 or min(height, width) < _SMALLEST:
        raise UnsupportedShapeError(
            f"data: {network} halves sides twice; expected multiples of 4 from 8 on, got {height}x{width}"
        )


def refuse_classes(classes: int) -> None:
    """Refuse classes, of networks that have no use for them.

    Raises:
        UserError: There are classes.
    """
    if classes:
        raise UserError("game.conditional: this network is told of no class; set it to false")
