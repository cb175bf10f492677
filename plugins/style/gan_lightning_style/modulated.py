"""Convolutions whose inputs are scaled by a style."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from gan_lightning.layers import EqualizedLinear, fir_kernel, fir_resample
from gan_lightning.layers.fir_resampling import BILINEAR
from gan_lightning_style.rectified import ROOT_2, SLOPE, limited

_EPS = 1e-8


class ModulatedConv2d(nn.Module):
    """A convolution with the weight ``s[n, i] w[o, i]`` for sample n, where the style says s = A(style).

    The weight of each sample is never made: the input is scaled by s instead, one convolution serves all samples, and
    its output is scaled by what demodulation asks for, ``1 / sqrt(sum over i, k of (s[n, i] w[o, i, k])^2 + 1e-8)``, a
    product of two matrices (Karras et al. 2020, arXiv:1912.04958, section 2.2, equations 1 and 3).

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Height and width of the kernel, odd.
        width: Length of a style.
        doubles: Whether the map is doubled: a transposed convolution of stride 2, then a filter.
    """

    kernel: Tensor | None

    def __init__(self, inputs: int, outputs: int, kernel: int, width: int, *, doubles: bool = False) -> None:
        super().__init__()
        self.affine = EqualizedLinear(width, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = (inputs * kernel**2) ** -0.5
        self.register_buffer("kernel", fir_kernel(BILINEAR, gain=4.0) if doubles else None, persistent=False)

    def styles(self, style: Tensor) -> Tensor:
        """Return A(style) / sqrt(fan_in) ``[N, inputs]`` for styles ``[N, width]``.

        The scale is what keeps outputs as large as inputs; demodulation undoes it.
        """
        return self.affine(style) * self.scale  # type: ignore[no-any-return]

    def convolved(self, x: Tensor, styles: Tensor) -> Tensor:
        """Scale ``[N, inputs, H, W]`` by `styles` and convolve: ``[N, outputs, H, W]``, or twice these sides."""
        x = x * styles[:, :, None, None].to(x.dtype)
        if self.kernel is None:
            return conv2d(x, self.weight, padding=self.weight.shape[2] // 2)
        return fir_resample(conv_transpose2d(x, self.weight.transpose(0, 1), stride=2), self.kernel, padding=(1, 1))

    def demodulation(self, styles: Tensor) -> Tensor:
        """Return the factors ``[N, outputs]`` that bring outputs to unit size, in single precision at least."""
        with torch.autocast(styles.device.type, enabled=False):
            squares: Tensor = self.weight.square().sum(dim=(2, 3))
            powers = styles.to(squares.dtype).square() @ squares.T
            factors: Tensor = (powers + _EPS * self.scale**2).rsqrt()
        return factors


class StyledConv2d(ModulatedConv2d):
    """lrelu(demodulated convolution + strength noise + bias) sqrt(2): a layer of the synthesis network.

    The noise is one map for all channels, drawn anew in training; in evaluation mode it is the same map for all
    samples, so that a sample is a function of its latents.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        width: Length of a style.
        size: Height and width of the result.
        doubles: Whether it is twice as large as what comes in.
        clamp: Largest size of a value, None for any.
    """

    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int,
        size: tuple[int, int],
        *,
        doubles: bool = False,
        clamp: float | None = None,
    ) -> None:
        super().__init__(inputs, outputs, 3, width, doubles=doubles)
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise_const", torch.randn(size))
        self.clamp = clamp

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` under styles ``[N, width]`` to ``[N, outputs, *size]``."""
        styles = self.styles(style)
        # The rectifier's sqrt(2) is put on what goes into it, where it costs nothing.
        factor = (self.demodulation(styles) * ROOT_2)[:, :, None, None]
        noise = self._noise(x) * (self.noise_strength * ROOT_2)
        x = self.convolved(x, styles)
        x = torch.addcmul(noise.to(x.dtype), x, factor.to(x.dtype))
        x = x + (self.bias * ROOT_2).to(x.dtype)[:, None, None]
        return limited(leaky_relu(x, SLOPE), self.clamp)

    def _noise(self, x: Tensor) -> Tensor:
        """Return ``[N, 1, *size]``, or one map for all; of one channel, so that no memory format is another order."""
        if not self.training:
            return self.noise_const
        return torch.randn(len(x), 1, *self.noise_const.shape, device=x.device)


class ToImage(ModulatedConv2d):
    """A modulated 1x1 convolution to an image, not demodulated (arXiv:1912.04958, appendix B).

    Args:
        inputs: Channels in.
        channels: Channels of the image.
        width: Length of a style.
        clamp: Largest size of a value, None for any.
    """

    def __init__(self, inputs: int, channels: int, width: int, *, clamp: float | None = None) -> None:
        super().__init__(inputs, channels, 1, width)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.clamp = clamp

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` under styles ``[N, width]`` to ``[N, channels, H, W]``."""
        made = self.convolved(x, self.styles(style))
        return limited(made + self.bias.to(made.dtype)[:, None, None], self.clamp)
