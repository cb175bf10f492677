"""WGAN-GP's residual networks for small images."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.origin import Origin
from gan_lightning_resnet.networks import Normalization, Pool, ResidualDiscriminator, ResidualGenerator


class WGANGPGenerator(ResidualGenerator):
    """The residual generator of WGAN-GP (arXiv:1704.00028, appendix F), half as wide as SNGAN's at 32x32."""

    small_width = 128

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        latent: int = 128,
        normalization: Normalization = "batch",
    ) -> None:
        super().__init__(data, classes, channels=channels, latent=latent, normalization=normalization)


class WGANGPDiscriminator(ResidualDiscriminator):
    """The residual critic of WGAN-GP (arXiv:1704.00028, appendix F): no normalisation, mean pooling.

    With classes it judges by projection, where the paper has an auxiliary classifier.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        first_hidden: int | None = None,
        spectral: bool = False,
        final_bias: bool = True,
        pool: Pool = "mean",
    ) -> None:
        super().__init__(
            data,
            classes,
            channels=channels,
            first_hidden=first_hidden,
            spectral=spectral,
            final_bias=final_bias,
            pool=pool,
        )


WGAN_GP = Architecture(
    {"generator": WGANGPGenerator, "discriminator": WGANGPDiscriminator},
    Origin(
        "Gulrajani et al., Improved Training of Wasserstein GANs",
        2017,
        "1704.00028",
        descends_from=("dcgan",),
        cures=("stability",),
    ),
)
