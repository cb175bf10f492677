"""A 3x3 convolution with mean pooling behind it, or upsampling before it, as one 4x4 convolution of stride 2.

Both pairs are linear, so each is one convolution, exactly. Fused they need 4/9 of the multiplications and no tensor of
the larger size between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, conv_transpose2d, interpolate, pad

from gan_lightning.layers.weights import Conv2d, ConvolutionClass

_fused = True


@contextmanager
def unfused() -> Iterator[None]:
    """Compute the plain pairs of operations meanwhile, to compare with or to time."""
    global _fused
    before, _fused = _fused, False
    try:
        yield
    finally:
        _fused = before


def conv_pool(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve 3x3 with zero padding 1, then take means of 2x2.

    Args:
        x: ``[N, in, H, W]``; of an odd side the last row or column is dropped, as pooling does.
        weight: ``[out, in, 3, 3]``.
        bias: ``[out]``.

    Returns:
        ``[N, out, H // 2, W // 2]``.
    """
    if not _fused:
        return avg_pool2d(conv2d(x, weight, bias, padding=1), 2)
    return conv2d(x, _sum_of_shifts(weight) * 0.25, bias, stride=2, padding=1)


def upsample_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Repeat every pixel 2x2 (nearest neighbour), then convolve 3x3 with zero padding 1.

    Args:
        x: ``[N, in, H, W]``.
        weight: ``[out, in, 3, 3]``.
        bias: ``[out]``.

    Returns:
        ``[N, out, 2 H, 2 W]``.
    """
    if not _fused:
        return conv2d(interpolate(x, scale_factor=2.0, mode="nearest"), weight, bias, padding=1)
    # Row 2i reads w0 x[i-1] + (w1+w2) x[i], row 2i+1 reads (w0+w1) x[i] + w2 x[i+1]. A transposed convolution of
    # padding 1 sends x[i] to row p with tap p - 2i + 1, so its taps are w2, w1+w2, w0+w1, w0.
    kernel = _sum_of_shifts(weight).flip(2, 3).transpose(0, 1)
    return conv_transpose2d(x, kernel, bias, stride=2, padding=1)


def _sum_of_shifts(weight: Tensor) -> Tensor:
    """Add up the four places of a 3x3 kernel in a 4x4 one."""
    rows = pad(weight, (0, 0, 0, 1)) + pad(weight, (0, 0, 1, 0))
    return pad(rows, (0, 1)) + pad(rows, (1, 0))


class _Resampling(nn.Module):
    """A 3x3 convolution whose weight is applied together with a change of size."""

    def __init__(self, inputs: int, outputs: int, convolution: ConvolutionClass = Conv2d) -> None:
        super().__init__()
        self.convolution = convolution(inputs, outputs, 3, padding=1)


class ConvPool(_Resampling):
    """`conv_pool` with weights: ``[N, in, H, W]`` to ``[N, out, H // 2, W // 2]``.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        convolution: `Conv2d` or `SNConv2d`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve and halve both sides."""
        return conv_pool(x, self.convolution.normalized_weight(), self.convolution.bias)


class UpsampleConv(_Resampling):
    """`upsample_conv` with weights: ``[N, in, H, W]`` to ``[N, out, 2 H, 2 W]``.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        convolution: `Conv2d` or `SNConv2d`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Double both sides and convolve."""
        return upsample_conv(x, self.convolution.normalized_weight(), self.convolution.bias)
