"""Layers whose maps take on the mean and the deviation that a style asks for."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.layers import Blur, EqualizedConv2d, EqualizedLinear, UpsampleConv
from gan_lightning_style.rectified import ROOT_2, SLOPE

_EPS = 1e-8


class AdaptiveInstanceNorm(nn.Module):
    """(1 + s) (x - mean) / sqrt(variance + 1e-8) + b over each map, where a style says (s, b) = A(style).

    (Karras et al. 2019, arXiv:1812.04948, equation 1, with the scale around 1 as in the authors' code.)

    Args:
        channels: Channels C of the maps.
        width: Length of a style.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.affine = EqualizedLinear(width, 2 * channels)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Normalise ``[N, C, H, W]`` under styles ``[N, width]``; in single precision at least."""
        scale, shift = self.affine(style)[:, :, None, None].chunk(2, dim=1)
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        variance, mean = torch.var_mean(values, dim=(2, 3), correction=0, keepdim=True)
        # The mean is taken off first: a map of one value would else be a difference of two large numbers.
        return torch.addcmul(shift, values - mean, (1 + scale) * (variance + _EPS).rsqrt()).to(x.dtype)


class Finish(nn.Module):
    """What follows every convolution: noise, bias, leaky rectifier, and the style.

    The noise is one map for all channels, each of which has a strength of its own that begins at 0. It is drawn anew
    in training; in evaluation mode it is the same map for all samples, so that a sample is a function of its latents.

    Args:
        channels: Channels C of the maps.
        width: Length of a style.
        size: Height and width of the maps.
    """

    noise_const: Tensor

    def __init__(self, channels: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.noise_strength = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = AdaptiveInstanceNorm(channels, width)
        self.register_buffer("noise_const", torch.randn(size))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` and styles ``[N, width]`` to ``[N, C, H, W]``."""
        noise = self.noise_const
        if self.training:
            noise = torch.randn(len(x), 1, *noise.shape, device=x.device)
        strength, bias = self.noise_strength[:, None, None], self.bias[:, None, None]
        x = x + torch.addcmul(bias, noise, strength).to(x.dtype)
        return self.norm(leaky_relu(x, SLOPE), style)  # type: ignore[no-any-return]


class FirstStage(nn.Module):
    """A learned constant and a convolution, each finished under a style of its own.

    Args:
        channels: Channels C of the maps.
        width: Length of a style.
        size: Height and width of the maps.
    """

    def __init__(self, channels: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.const = nn.Parameter(torch.ones(channels, *size))
        self.finish0 = Finish(channels, width, size)
        self.conv = _convolution(channels, channels, 3, padding=1)
        self.finish1 = Finish(channels, width, size)

    def forward(self, styles: Tensor) -> Tensor:
        """Map two styles ``[N, 2, width]`` to maps ``[N, C, *size]``."""
        x = self.const.expand(styles.shape[0], -1, -1, -1)
        return self.finish1(self.conv(self.finish0(x, styles[:, 0])), styles[:, 1])  # type: ignore[no-any-return]


class DoublingStage(nn.Module):
    """Two convolutions, the first of a map of twice the size and blurred after, each finished under a style.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        width: Length of a style.
        size: Height and width of the result.
    """

    def __init__(self, inputs: int, outputs: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.up = UpsampleConv(inputs, outputs, _convolution)
        self.blur = Blur((1, 2, 1))
        self.finish0 = Finish(outputs, width, size)
        self.conv = _convolution(outputs, outputs, 3, padding=1)
        self.finish1 = Finish(outputs, width, size)

    def forward(self, x: Tensor, styles: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` and two styles ``[N, 2, width]`` to ``[N, outputs, 2 H, 2 W]``."""
        x = self.finish0(self.blur(self.up(x)), styles[:, 0])
        return self.finish1(self.conv(x), styles[:, 1])  # type: ignore[no-any-return]


def _convolution(inputs: int, outputs: int, kernel: int, padding: int) -> EqualizedConv2d:
    return EqualizedConv2d(inputs, outputs, kernel, padding=padding, bias=False, gain=ROOT_2)
