"""A fully connected encoder of distributions."""

from __future__ import annotations

from typing import Any

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning_inference.architectures.bigan import BiGANEncoder
from gan_lightning_inference.encoder import GaussianEncoder


class MLPGaussianEncoder(GaussianEncoder, BiGANEncoder):
    """The encoder of `bigan` with twice as many outputs: means and logarithms of deviations.

    Args:
        data: What is encoded: images or points of any shape.
        classes: Number of classes, 0 for an unconditional network.
        latent: Length of the codes: the generator's.
    """

    def __init__(self, data: DataSpec, classes: int, *, latent: int = 50, **options: Any) -> None:
        super().__init__(data, classes, latent=2 * latent, **options)
        self.latent_shape = (latent,)


GAUSSIAN_ENCODER = Architecture({"encoder": MLPGaussianEncoder})
