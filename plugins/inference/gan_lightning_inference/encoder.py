"""Encoders: samples to codes, one of each sample or a normal distribution of them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module, ABC):
    """Turns samples, and labels if it has classes, into codes, by a last layer on features.

    Attributes:
        latent_shape: Shape of a code, that of the generator's latents.
        last: The layer ``[N, D]`` to ``[N, latent]``.
    """

    latent_shape: tuple[int, ...]
    last: nn.Module

    @abstractmethod
    def features(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and labels ``[N]`` to what codes are made of, ``[N, D]``."""

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and labels ``[N]`` to codes ``[N, latent]``; nothing is drawn."""
        codes: Tensor = self.last(self.features(samples, labels))
        return codes


class GaussianEncoder(Encoder):
    """An encoder of normal distributions, independent in each number; its codes are their means.

    Its last layer has twice as many outputs as a code has numbers: means, then what deviations are made of.
    """

    def moments(self, samples: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return means, and logarithms of standard deviations, both ``[N, latent]``."""
        mean, raw = self.last(self.features(samples, labels)).chunk(2, dim=1)
        return mean, self.log_deviation(raw)

    def log_deviation(self, raw: Tensor) -> Tensor:
        """Return the logarithms of standard deviations that outputs of the last layer stand for, of the same shape."""
        return raw

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map samples ``[N, *shape]`` and labels ``[N]`` to means ``[N, latent]``."""
        return self.moments(samples, labels)[0]


def moments_of(encoder: nn.Module, samples: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return means of codes, and logarithms of standard deviations, None where each sample has one code.

    Args:
        encoder: An `Encoder`, or any network that maps samples and labels to codes.
        samples: ``[N, *shape]``.
        labels: Classes ``[N]``, or None.
    """
    return (
        encoder.moments(samples, labels) if isinstance(encoder, GaussianEncoder) else (encoder(samples, labels), None)
    )
