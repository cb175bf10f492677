"""Doubling, halving and blurring with a small filter, as signal processing has it.

Maps of a larger size are made by zeros between the pixels, maps of a smaller one by leaving pixels out; a low-pass
filter behind the one and before the other keeps frequencies from turning into each other. The filter is no weight. Its
gradient is one more filter, said below once, so that it can be differentiated as often as wanted: torch would treat the
filter as a weight in second derivatives, one channel after another, which takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

from gan_lightning.layers.checks import at_least

#: A filter for doubling and halving that leaves no grid behind (Karras et al. 2020, arXiv:1912.04958, section 2).
BILINEAR = (1.0, 3.0, 3.0, 1.0)


class Padding(NamedTuple):
    """Zeros put around a map; negative where rows or columns are cut off."""

    left: int
    right: int
    top: int
    bottom: int


def fir_kernel(taps: Sequence[float], gain: float = 1.0) -> Tensor:
    """Return the filter ``[k, k]`` whose rows and columns are `taps`, with a sum of `gain`."""
    row = torch.tensor(taps, dtype=torch.float32)
    kernel = torch.outer(row, row)
    return kernel * (gain / kernel.sum())


def fir_resample(
    x: Tensor, kernel: Tensor, *, up: int = 1, down: int = 1, padding: tuple[int, int] | Padding = (0, 0)
) -> Tensor:
    """Put zeros between pixels and around them, filter each channel, and keep one pixel in so many.

    ``y[p] = sum_j kernel[j] z[p down + j - before]`` along each axis, where ``z[i up] = x[i]`` and all else in z is 0.

    Args:
        x: ``[N, C, H, W]``.
        kernel: ``[k, k]``, which has no gradient.
        up: Pixels made of each, along an axis: ``up - 1`` zeros follow every pixel.
        down: One pixel in so many is kept, beginning with the first.
        padding: Zeros before and after, along both axes.

    Returns:
        ``[N, C, (H up + before + after - k) // down + 1, ...]``.
    """
    around = padding if isinstance(padding, Padding) else Padding(*padding, *padding)
    return cast(Tensor, _Resample.apply(x, kernel, up, down, around))


class Blur(nn.Module):
    """Filters every channel.

    Args:
        taps: The filter along one axis.
        padding: Zeros before and after; None for maps that keep their size.
        gain: Sum of the filter.
    """

    kernel: Tensor

    def __init__(
        self, taps: Sequence[float] = BILINEAR, *, padding: tuple[int, int] | None = None, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.register_buffer("kernel", fir_kernel(taps, gain), persistent=False)
        self.padding = padding or (len(taps) // 2, (len(taps) - 1) // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Filter ``[N, C, H, W]``."""
        return fir_resample(x, self.kernel, padding=self.padding)


class _ByFactor(nn.Module):
    kernel: Tensor

    def __init__(self, taps: Sequence[float], factor: int, *, before: int, gain: int) -> None:
        super().__init__()
        at_least(1, factor=factor)
        self.factor = factor
        self.padding = (before, (len(taps) - factor) // 2)
        self.register_buffer("kernel", fir_kernel(taps, float(gain)), persistent=False)


class FIRUpsample(_ByFactor):
    """Makes both sides so many times larger: zeros between pixels, then a filter whose sum makes up for the zeros.

    Args:
        taps: The filter along one axis, at least `factor` numbers.
        factor: How many times larger.

    Raises:
        UserError: The factor is below 1.
    """

    def __init__(self, taps: Sequence[float] = BILINEAR, factor: int = 2) -> None:
        super().__init__(taps, factor, before=(len(taps) + factor - 1) // 2, gain=factor**2)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]`` to ``[N, C, factor H, factor W]``."""
        return fir_resample(x, self.kernel, up=self.factor, padding=self.padding)


class FIRDownsample(_ByFactor):
    """Makes both sides so many times smaller: a filter of sum 1, then one pixel in so many; as `FIRUpsample`."""

    def __init__(self, taps: Sequence[float] = BILINEAR, factor: int = 2) -> None:
        super().__init__(taps, factor, before=(len(taps) - factor + 1) // 2, gain=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, C, H, W]``, with sides that are multiples of the factor, to ``[N, C, H / factor, W / factor]``."""
        return fir_resample(x, self.kernel, down=self.factor, padding=self.padding)


class _Resample(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, kernel: Tensor, up: int, down: int, padding: Padding) -> Tensor:
        if up == 1:
            return _filtered(x, kernel, down, padding)
        spread = _spread(x, kernel, up, padding)
        return spread if down == 1 else spread[:, :, ::down, ::down]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, kernel, ctx.up, ctx.down, ctx.padding = inputs
        ctx.save_for_backward(kernel)
        ctx.sizes = (x.shape[2:], output.shape[2:])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        (kernel,) = ctx.saved_tensors
        (height, width), (new_height, new_width) = ctx.sizes
        left, top = kernel.shape[1] - 1 - ctx.padding.left, kernel.shape[0] - 1 - ctx.padding.top
        right = ctx.padding.left + (width - 1) * ctx.up + 1 - new_width * ctx.down
        bottom = ctx.padding.top + (height - 1) * ctx.up + 1 - new_height * ctx.down
        around = Padding(left, right, top, bottom)
        flipped = kernel.flip(0, 1)
        return cast(Tensor, _Resample.apply(gradients[0], flipped, ctx.down, ctx.up, around)), None, None, None, None


def _filtered(x: Tensor, kernel: Tensor, down: int, padding: Padding) -> Tensor:
    weight = _for_each_channel(kernel, x)
    even = padding.left == padding.right and padding.top == padding.bottom and min(padding) >= 0
    if even:
        return conv2d(x, weight, stride=down, padding=(padding.top, padding.left), groups=x.shape[1])
    return conv2d(pad(x, padding), weight, stride=down, groups=x.shape[1])


def _spread(x: Tensor, kernel: Tensor, up: int, padding: Padding) -> Tensor:
    """Filter what has zeros between its pixels: a transposed convolution, of which the borders are cut off."""
    rows, columns = kernel.shape
    left, top = columns - 1 - padding.left, rows - 1 - padding.top
    cut = Padding(left, columns - up - padding.right, top, rows - up - padding.bottom)
    weight = _for_each_channel(kernel.flip(0, 1), x)
    even = cut.left == cut.right and cut.top == cut.bottom and min(cut) >= 0
    if even:
        return conv_transpose2d(x, weight, stride=up, padding=(top, left), groups=x.shape[1])
    return pad(conv_transpose2d(x, weight, stride=up, groups=x.shape[1]), tuple(-side for side in cut))


def _for_each_channel(kernel: Tensor, x: Tensor) -> Tensor:
    return kernel.to(x.dtype).expand(x.shape[1], 1, *kernel.shape)
