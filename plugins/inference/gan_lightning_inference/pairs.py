"""Pairs of a sample and a latent, side by side in one row, and discriminators that judge them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec


def joined(samples: Tensor, latents: Tensor) -> Tensor:
    """Return pairs ``[N, values + latent]`` of samples ``[N, *shape]`` and latents ``[N, latent]``."""
    return torch.cat([samples.flatten(1), latents.to(samples.dtype)], dim=1)


class PairDiscriminator(nn.Module, ABC):
    """Judges pairs. A pair is a row, so that whatever treats samples as vectors treats pairs, too.

    Args:
        data: Shape of the samples.
        latent: Length of the latents.
    """

    def __init__(self, data: DataSpec, latent: int) -> None:
        super().__init__()
        self.shape = data.shape
        self.latent = latent
        self.values = math.prod(data.shape)

    def parted(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Return samples ``[N, *shape]`` and latents ``[N, latent]`` of pairs ``[N, values + latent]``."""
        samples, latents = torch.split(pairs, [self.values, self.latent], dim=1)
        return samples.view(-1, *self.shape), latents

    @abstractmethod
    def judge(self, samples: Tensor, latents: Tensor, labels: Tensor | None) -> Critique:
        """Judge samples ``[N, *shape]`` with latents ``[N, latent]`` and labels ``[N]``; see `Discriminator`."""

    def forward(self, pairs: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge pairs ``[N, values + latent]`` with labels ``[N]``; logits are high for samples with their codes."""
        return self.judge(*self.parted(pairs), labels)
