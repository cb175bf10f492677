"""R3GAN: a modern baseline, residual networks without normalisation for a relativistic loss with R1 and R2."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import FIRDownsample, FIRUpsample, at_least
from gan_lightning.origin import Origin
from gan_lightning_modern.r3gan_blocks import class_table, plan, scaled, transition

_LABEL = 64


class R3GANGenerator(Generator):
    """Latent - a learned map whose channels it scales - stages of two residual blocks, doubling both sides between.

    Nothing is normalised, and images may leave [-1, 1]. With classes, a vector for the label stands beside the latent.

    Args:
        data: What is generated: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Channels of the widest stages; for ImageNet 1536.
        wide_stages: Stages from the smallest map on that are that wide, each after them having half the channels; for
            ImageNet at 64x64 it is 5.
        group: Channels in a group of the 3x3 convolutions, or the next smaller number that divides the width; for
            ImageNet 32.
        latent: Length of the latent vector.

    Raises:
        UnsupportedShapeError: The images have a size that doubling does not lead to.
        UserError: A number is below 1.
    """

    def __init__(
        self,
        data: DataSpec,
        classes: int,
        *,
        channels: int = 768,
        wide_stages: int = 4,
        group: int = 16,
        latent: int = 64,
    ) -> None:
        super().__init__()
        at_least(1, latent=latent)
        stages = plan(data, channels, wide_stages, group)
        self.bounded = False
        self.latent_shape = (latent,)
        self.labels = class_table(classes, _LABEL) if classes else None
        first, last = stages.widths[0], stages.widths[-1]
        self.scale = scaled(nn.Linear(latent + (_LABEL if classes else 0), first, bias=False))
        self.basis = nn.Parameter(torch.randn(first, *stages.start))
        layers: list[nn.Module] = [stages.stage(first)]
        for inputs, outputs in pairwise(stages.widths):
            layers += [*transition(inputs, outputs), FIRUpsample(), stages.stage(outputs)]
        self.body = nn.Sequential(*layers)
        self.to_image = scaled(nn.Conv2d(last, data.shape[0], 1, bias=False))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents ``[N, latent]`` and labels ``[N]`` to images ``[N, C, H, W]``, mostly in [-1, 1]."""
        if self.labels is not None:
            assert labels is not None
            latents = torch.cat([latents, self.labels(labels)], dim=1)
        maps = self.basis * self.scale(latents)[:, :, None, None]
        return self.to_image(self.body(maps))  # type: ignore[no-any-return]


class R3GANDiscriminator(Discriminator):
    """The generator backwards: stages of two residual blocks, halving both sides between - a filter a channel - linear.

    Nothing is normalised. Features ``[N, D]`` are what the filters say of the smallest map. With classes, the logit is
    the product of a linear map of the features with a vector for the label.

    Args:
        data: What is judged: images whose sides are 3 to 7 times one power of 2.
        classes: Number of classes, 0 for an unconditional network.
        channels: Channels of the widest stages; for ImageNet 1536.
        wide_stages: Stages from the smallest map on that are that wide, each before them having half the channels; for
            ImageNet at 64x64 it is 5.
        group: Channels in a group of the 3x3 convolutions, or the next smaller number that divides the width; for
            ImageNet 32.

    Raises:
        UnsupportedShapeError: The images have a size from which halving does not lead to a small map.
        UserError: A number is below 1.
    """

    def __init__(
        self, data: DataSpec, classes: int, *, channels: int = 768, wide_stages: int = 4, group: int = 16
    ) -> None:
        super().__init__()
        stages = plan(data, channels, wide_stages, group)
        widths = stages.widths[::-1]
        layers: list[nn.Module] = [scaled(nn.Conv2d(data.shape[0], widths[0], 1, bias=False)), stages.stage(widths[0])]
        for inputs, outputs in pairwise(widths):
            layers += [FIRDownsample(), *transition(inputs, outputs), stages.stage(outputs)]
        last = widths[-1]
        self.body = nn.Sequential(*layers)
        self.basis = scaled(nn.Conv2d(last, last, stages.start, groups=last, bias=False))
        self.labels = class_table(classes, last, 1 / math.sqrt(last)) if classes else None
        self.linear = scaled(nn.Linear(last, last if classes else 1, bias=False))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge images ``[N, C, H, W]`` with labels ``[N]``."""
        features = self.basis(self.body(samples)).flatten(1)
        told = self.linear(features)
        if self.labels is not None:
            assert labels is not None
            told = told * self.labels(labels)
        return Critique(told.sum(dim=1), features=features)


R3GAN = Architecture(
    {"generator": R3GANGenerator, "discriminator": R3GANDiscriminator},
    Origin(
        "Huang et al., The GAN is dead; long live the GAN! A Modern Baseline GAN",
        2024,
        "2501.05441",
        descends_from=("stylegan2",),
        cures=("stability", "mode diversity", "image quality"),
    ),
)
