"""What generators that enlarge images have in common."""

from __future__ import annotations

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning_translation.translators import ImageToImage

_PUBLISHED = 4


class Enlarging(ImageToImage):
    """Makes images whose sides are a power of 2 times those of the sources, of sources of any size.

    Without sources in the data it enlarges four times, as published, or as far as sides can be divided.

    Attributes:
        doublings: How often sides are doubled.

    Raises:
        UnsupportedShapeError: Sides are no such multiple of the sources'.
    """

    bounded = False

    def __init__(self, data: DataSpec, classes: int) -> None:
        super().__init__(data, classes)
        sizes = data.shape[1:], self.latent_shape[1:]
        factor, *others = {large // small for large, small in zip(*sizes, strict=True)}
        exact = all(large == factor * small for large, small in zip(*sizes, strict=True))
        if others or not exact or factor.bit_count() != 1:
            wide, narrow = ("x".join(map(str, size)) for size in sizes)
            raise UnsupportedShapeError(
                f"data: {type(self).__name__} doubles sides; {wide} cannot be made from {narrow}; "
                "expected a factor of 1, 2, 4, 8..."
            )
        self.doublings = factor.bit_length() - 1

    def source_shape(self, data: DataSpec) -> tuple[int, ...]:
        """Return the shape of a source: that of the partner, or a quarter of the samples' sides."""
        channels, height, width = data.shape
        factor = next(factor for factor in (_PUBLISHED, 2, 1) if height % factor == width % factor == 0)
        return data.partners.get("source", (channels, height // factor, width // factor))
