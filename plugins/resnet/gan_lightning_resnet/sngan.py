"""SNGAN: a generator with batch normalisation against a spectrally normalised discriminator."""

from __future__ import annotations

from gan_lightning.components import Architecture
from gan_lightning.data.spec import DataSpec
from gan_lightning.origin import Origin
from gan_lightning_resnet.networks import Normalization, Pool, ResidualDiscriminator, ResidualGenerator


class SNGANGenerator(ResidualGenerator):
    """The residual generator of SNGAN (arXiv:1802.05957, tables 4 and 5); no spectral normalisation here."""

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


class SNGANDiscriminator(ResidualDiscriminator):
    """The residual discriminator of SNGAN (arXiv:1802.05957); with classes, by projection (arXiv:1802.05637)."""

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int | None = None,
        first_hidden: int | None = None,
        spectral: bool = True,
        final_bias: bool = True,
        pool: Pool = "sum",
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


SNGAN = Architecture(
    {"generator": SNGANGenerator, "discriminator": SNGANDiscriminator},
    Origin(
        "Miyato et al., Spectral Normalization for Generative Adversarial Networks",
        2018,
        "1802.05957",
        descends_from=("wgan_gp",),
        cures=("stability",),
    ),
)
