"""The networks of SinGAN: a generator and a discriminator for each scale of one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import at_least
from gan_lightning.origin import Origin
from gan_lightning_single_image.patches import BORDER, ScaleDiscriminator, ScaleGenerator
from gan_lightning_single_image.sizes import Size, Spacing, pyramid, resized

_AT_ONCE = 8  # samples; the maps of 64 of 250x250 would take gigabytes


class Pyramid(nn.Module):
    """Networks of several scales, some of which are trained and the others stay in evaluation mode.

    Args:
        data: The image.
        classes: Must be 0: one image has no classes.
        channels: Width of the layers at the coarsest scales.
        widest: Most that it grows to.
        double_every: Scales after which it is doubled.
        normalize: Whether layers are normalised over the batch.
        smallest: Shorter side at the coarsest scale; see `pyramid`.
        ratio: Sides of a scale to those of the next, at least.
        scales: Number of scales, in place of `ratio`.
        spacing: Whether ratios are all alike, or sizes are dense where they are small.

    Attributes:
        sizes: Height and width of each scale, coarse to fine.
        scales: The networks.
        trained: Which of them are trained.

    Raises:
        UnsupportedShapeError: The data are no images, or smaller than what a network sees around a pixel.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 32,
        widest: int = 128,
        double_every: int = 4,
        normalize: bool = True,
        smallest: int = 25,
        ratio: float = 0.75,
        scales: int | None = None,
        spacing: Spacing = "even",
    ) -> None:
        super().__init__()
        if classes:
            raise UserError("this network takes no classes; set game.conditional to false")
        self.sizes = pyramid(data, smallest, ratio, scales, spacing)
        at_least(1, channels=channels, widest=widest, double_every=double_every)
        self.widths = [min(channels * 2 ** (index // double_every), widest) for index in range(len(self.sizes))]
        self.channels = data.shape[0]
        self.normalize = normalize
        self.trained = range(len(self.sizes))

    scales: nn.ModuleList

    def begin(self, scale: int) -> None:
        """Have the networks of a scale begin as those of the scale before are now, if they are as wide."""
        if scale and self.widths[scale] == self.widths[scale - 1]:
            self.scales[scale].load_state_dict(self.scales[scale - 1].state_dict())

    def attend(self, trained: range) -> None:
        """Keep all scales in evaluation mode from now on, but for those that are trained."""
        self.trained = trained
        self.train(self.training)

    def train(self, mode: bool = True) -> Pyramid:  # noqa: FBT001, FBT002  (torch's own signature)
        """Put the scales that are trained in training mode; statistics of the others stay those of their training."""
        super().train(mode)
        for index, scale in enumerate(self.scales):
            scale.train(mode and index in self.trained)
        return self


class SinGANGenerator(Pyramid, Generator):
    """Makes an image at the coarsest scale from noise alone, and adds detail to it at each finer one.

    Latents are the noise maps of all scales in one row: one channel at the coarsest scale, which all colours share, and
    as many as the image has at the others (SinGAN's code). Parameters of a scale, for colour images: 29,763, 114,819 or
    450,819 at widths of 32, 64 or 128.

    Args:
        data: The image.
        classes: Must be 0: one image has no classes.
        noise_padding: Whether noise is drawn for the padding too, which is zero otherwise; the paper's animations are
            made so.

    Attributes:
        amplitudes: Factors ``[scales]`` on the noise of the scales; the game knows and sets them.
        depth: Scales that samples are made by; what they make is resized to the full size.
    """

    bounded = False
    amplitudes: Tensor

    def __init__(self, data: DataSpec, classes: int, *, noise_padding: bool = False, **options: Any) -> None:
        super().__init__(data, classes, **options)
        self.noise_padding = noise_padding
        networks = {"normalize": self.normalize, "noise_padding": noise_padding}
        self.scales = nn.ModuleList(ScaleGenerator(self.channels, width, **networks) for width in self.widths)
        self.shapes = [self.noise_shape(index, size) for index, size in enumerate(self.sizes)]
        self.latent_shape = (sum(torch.Size(shape).numel() for shape in self.shapes),)
        self.amplitudes = torch.tensor([1.0] + [0.1] * (len(self.sizes) - 1))
        self.depth = len(self.sizes)

    def noise_shape(self, scale: int, size: Size) -> tuple[int, int, int]:
        """Return channels, height and width of the noise that a scale makes an image of that size of."""
        border = 2 * BORDER if self.noise_padding else 0
        return (self.channels if scale else 1, size[0] + border, size[1] + border)

    def noise_maps(self, latents: Tensor) -> list[Tensor]:
        """Take latents ``[N, *latent_shape]`` apart: the noise of each scale, ``[N, C or 1, h, w]``."""
        parts = torch.split(latents, [torch.Size(shape).numel() for shape in self.shapes], dim=1)
        return [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def refine(self, noise: Sequence[Tensor], below: Tensor | None = None, first: int = 0) -> Tensor:
        """Go through scales, at sizes that the noise tells.

        Args:
            noise: A map for each scale, ``[N, C or 1, h, w]`` as `noise_shape` says; `amplitudes` weigh them.
            below: Images ``[N, C, h, w]`` of any size that the first of these scales adds to; None at the coarsest.
            first: The first of these scales.

        Returns:
            ``[N, C, h, w]`` of the last.
        """
        border = 2 * BORDER if self.noise_padding else 0
        image = below
        for scale, drawn in enumerate(noise, first):
            size = (drawn.shape[2] - border, drawn.shape[3] - border)
            under = drawn.new_zeros(len(drawn), self.channels, *size) if image is None else resized(image, size)
            image = self.scales[scale](drawn * self.amplitudes[scale].to(drawn.device), under)
        assert image is not None
        return image

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, *latent_shape]`` to samples ``[N, *data.shape]``."""
        del labels
        parts = (latents,) if self.training else torch.split(latents, _AT_ONCE)
        made = [self.refine(self.noise_maps(part)[: self.depth]) for part in parts]
        return resized(torch.cat(made), self.sizes[-1])


class SinGANDiscriminator(Pyramid, Discriminator):
    """Judges patches of 11x11 pixels at each scale.

    Parameters of a scale, for colour images: 29,185, 113,665 or 448,513 at widths of 32, 64 or 128.

    Args:
        data: The image.
        classes: Must be 0: one image has no classes.
    """

    def __init__(self, data: DataSpec, classes: int, **options: Any) -> None:
        super().__init__(data, classes, **options)
        self.scales = nn.ModuleList(
            ScaleDiscriminator(self.channels, width, normalize=self.normalize) for width in self.widths
        )

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, *data.shape]``.

        Returns:
            Logits ``[N, 1, h - 10, w - 10]`` of the finest scale, and in ``extras`` those of each other one.
        """
        del labels
        told = [network(resized(samples, size)).logits for network, size in zip(self.scales, self.sizes, strict=True)]
        return Critique(told[-1], extras={f"scale{index}": logits for index, logits in enumerate(told[:-1])})


SINGAN_PAPER = Origin(
    "Rott Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image",
    2019,
    "1905.01164",
    descends_from=("wgan_gp",),
    cures=("image quality",),
)
SinGAN = Architecture({"generator": SinGANGenerator, "discriminator": SinGANDiscriminator}, SINGAN_PAPER)
