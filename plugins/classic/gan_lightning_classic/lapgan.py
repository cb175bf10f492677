"""The networks of LAPGAN: a fully connected GAN at the coarsest size, and a convolutional one for each size beyond."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least
from gan_lightning.origin import Origin
from gan_lightning_classic.lapgan_levels import (
    BaseDiscriminator,
    BaseGenerator,
    ResidualDiscriminator,
    ResidualGenerator,
)
from gan_lightning_classic.pyramid import pyramid_sizes, resized

LAPGAN_PAPER = Origin(
    "Denton et al., Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks",
    2015,
    "1506.05751",
    descends_from=("gan", "cgan"),
    cures=("image quality",),
)


class LAPGANGenerator(Generator):
    """Levels of a Laplacian pyramid, each of which adds a residual to the enlarged image before it (arXiv:1506.05751).

    Sampled from coarse to fine: x_0 = G_0(z_0), x_k = up(x_(k-1)) + G_k(z_k, up(x_(k-1))). A latent is the noise of all
    levels, one after the other: a vector for the base, and a number for each pixel of each level beyond.

    Args:
        data: What is generated: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        coarsest: Sides are halved while this many pixels or more are left; the discriminator's must be the same.
        channels: Width of the convolutions.
        hidden: Width of the base's hidden layers.
        latent: Length of the base's noise.

    Raises:
        UnsupportedShapeError: The data are no images, or too small.
        UserError: A number is too small.

    Attributes:
        sizes: Height and width of each level, coarse to fine.
    """

    bounded = False

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        coarsest: int = 8,
        channels: int = 64,
        hidden: int = 600,
        latent: int = 100,
    ) -> None:
        super().__init__()
        at_least(1, channels=channels, hidden=hidden, latent=latent)
        self.sizes = pyramid_sizes(data, coarsest)
        image = data.shape[0]
        self.levels = nn.ModuleList([BaseGenerator(image, self.sizes[0], classes, hidden=hidden, noise=latent)])
        self.levels.extend(ResidualGenerator(image, size, classes, width=channels) for size in self.sizes[1:])
        self.latent_shape = (sum(level.noise for level in self.levels),)  # type: ignore[misc]

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]``, about in [-1, 1]."""
        return self.strip(latents, labels)[-1]

    def strip(self, latents: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """Return the images of all levels, coarse to fine, ``[N, C, *size]`` each."""
        made: list[Tensor] = []
        for level in range(len(self.levels)):
            made.append(self.refined(level, latents, made[-1] if made else None, labels))
        return made

    def refined(self, level: int, latents: Tensor, before: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """Return the images of one level ``[N, C, *size]``: those of the level before, enlarged, and a residual.

        Args:
            level: Its number, from 0 for the base.
            latents: Latents of all levels ``[N, latent]``.
            before: Images of the level before, made or real; None at the base.
            labels: Classes ``[N]``, or None.
        """
        noise = torch.split(latents, [part.noise for part in self.levels], dim=1)[level]  # type: ignore[misc]
        coarse = None if before is None else resized(before, self.sizes[level])
        added: Tensor = self.levels[level](noise, coarse, labels)
        return added if coarse is None else coarse + added


class LAPGANDiscriminator(Discriminator):
    """A discriminator for each level of the pyramid (arXiv:1506.05751).

    As one discriminator its logit is the sum of the levels', for images that are reduced to each size: the logarithm of
    the product of their odds.

    Args:
        data: What is judged: images of any size.
        classes: Number of classes, 0 for an unconditional network.
        coarsest: Sides are halved while this many pixels or more are left; the generator's must be the same.
        channels: Width of the convolutions.
        hidden: Width of the base's hidden layers.
        dropout: Share of the activations that is dropped in training.

    Raises:
        UnsupportedShapeError: The data are no images, or too small.
        UserError: A number is too small.

    Attributes:
        sizes: Height and width of each level, coarse to fine.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        coarsest: int = 8,
        channels: int = 64,
        hidden: int = 600,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        at_least(1, channels=channels, hidden=hidden)
        self.sizes = pyramid_sizes(data, coarsest)
        image, base = data.shape[0], self.sizes[0]
        self.levels = nn.ModuleList([BaseDiscriminator(image, base, classes, hidden=hidden, dropout=dropout)])
        for size in self.sizes[1:]:
            self.levels.append(ResidualDiscriminator(image, size, classes, width=channels, dropout=dropout))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]`` at all levels."""
        reduced = self.pyramid(samples)
        judged = [self.judged(level, images, labels).logits for level, images in enumerate(reduced)]
        return Critique(torch.stack(judged).sum(dim=0))

    def judged(self, level: int, images: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, *size]`` of one level with labels ``[N]``."""
        return Critique(self.levels[level](images, labels), samples=images, labels=labels)

    def pyramid(self, samples: Tensor) -> list[Tensor]:
        """Return images ``[N, C, H, W]`` reduced step by step, coarse to fine: ``[N, C, *size]`` each."""
        reduced = [samples]
        for size in reversed(self.sizes[:-1]):
            reduced.insert(0, resized(reduced[0], size))
        return reduced


LAPGAN = Architecture({"generator": LAPGANGenerator, "discriminator": LAPGANDiscriminator}, LAPGAN_PAPER)
