"""The networks of one scale: five 3x3 convolutions, which see 11x11 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique

_LAYERS = 5

#: Pixels that the convolutions take off each side, since none of them pads.
BORDER = _LAYERS


def patch_convolutions(inputs: int, width: int, outputs: int, *, normalize: bool) -> nn.Sequential:
    """Return convolutions without padding, all but the last normalised over the batch, with a leaky bend of 0.2.

    Weights begin as N(0, 0.02) and factors of the normalisation as N(1, 0.02), as in SinGAN's code; biases at 0.

    Args:
        inputs: Channels in.
        width: Channels between.
        outputs: Channels out.
        normalize: Whether to normalise.
    """
    layers: list[nn.Module] = []
    for index in range(_LAYERS - 1):
        layers.append(nn.Conv2d(inputs if index == 0 else width, width, 3))
        if normalize:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
    made = nn.Sequential(*layers, nn.Conv2d(width, outputs, 3))
    for layer in made:
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 0.0 if isinstance(layer, nn.Conv2d) else 1.0, 0.02)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return made


class ScaleGenerator(nn.Module):
    """Adds detail to an image: G(x, z) = x + tanh(body(pad(x) + pad(z))) (arXiv:1905.01164, equation 3).

    Args:
        channels: Channels of images.
        width: Channels of the layers between.
        normalize: Whether layers are normalised over the batch.
        noise_padding: Whether noise comes with a border of its own; else it is padded with zeros, as the image is.
    """

    def __init__(self, channels: int, width: int, *, normalize: bool, noise_padding: bool) -> None:
        super().__init__()
        self.noise_padding = noise_padding
        self.body = patch_convolutions(channels, width, channels, normalize=normalize)

    def forward(self, noise: Tensor, below: Tensor) -> Tensor:
        """Add to an image of the coarser scale, which has been brought to this scale's size.

        Args:
            noise: ``[N, C or 1, h, w]``, or 5 pixels wider on each side with `noise_padding`; it is weighted already.
            below: ``[N, C, h, w]``.

        Returns:
            ``[N, C, h, w]``.
        """
        noise = noise if self.noise_padding else _padded(noise)
        return torch.tanh(self.body(_padded(below) + noise)) + below


class ScaleDiscriminator(Discriminator):
    """Judges every patch of 11x11 pixels of an image.

    Args:
        channels: Channels of images.
        width: Channels of the layers between.
        normalize: Whether layers are normalised over the batch.
    """

    def __init__(self, channels: int, width: int, *, normalize: bool) -> None:
        super().__init__()
        self.body = patch_convolutions(channels, width, 1, normalize=normalize)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge samples ``[N, C, h, w]``; logits are ``[N, 1, h - 10, w - 10]``."""
        del labels
        return Critique(self.body(samples))


def _padded(images: Tensor) -> Tensor:
    return pad(images, (BORDER,) * 4)
