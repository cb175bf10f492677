"""Layers of equalised learning rates with a leaky rectifier behind, scaled to keep the size of what passes."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor
from torch.nn.functional import leaky_relu, linear

from gan_lightning.layers import Blur, EqualizedConv2d, EqualizedLinear

SLOPE = 0.2
ROOT_2 = math.sqrt(2)


class RectifiedLinear(EqualizedLinear):
    """sqrt(2) lrelu(W x + b). The factor is on weight and bias, where it comes to the same and costs nothing.

    Args:
        inputs: Numbers in.
        outputs: Numbers out.
        lr_multiplier: Factor on the learning rate.
    """

    def __init__(self, inputs: int, outputs: int, *, lr_multiplier: float = 1.0, bias_gain: float = ROOT_2) -> None:
        super().__init__(inputs, outputs, gain=ROOT_2, lr_multiplier=lr_multiplier, bias_gain=bias_gain)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs]`` to ``[N, outputs]``."""
        return leaky_relu(linear(x, self.normalized_weight(), self.normalized_bias()), SLOPE)


class RectifiedConv2d(EqualizedConv2d):
    """gain sqrt(2) lrelu(conv(x) + b); the factors are on weight and bias.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Height and width of the kernel, odd.
        gain: Factor on the result.
        halves: Whether the map is blurred and every second pixel is convolved.
        clamp: Largest size of a value, before the gain; None for any.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        gain: float = 1.0,
        halves: bool = False,
        clamp: float | None = None,
    ) -> None:
        factor = ROOT_2 * gain
        place: dict[str, Any] = {"stride": 2} if halves else {"padding": kernel // 2}
        super().__init__(inputs, outputs, kernel, gain=factor, bias_gain=factor, **place)
        around = kernel // 2 + 1
        self.blur = Blur(padding=(around, around)) if halves else None
        self.limit = None if clamp is None else clamp * gain

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inputs, H, W]`` to ``[N, outputs, H, W]``, or to half of these sides."""
        if self.blur is not None:
            x = self.blur(x)
        return limited(leaky_relu(super().forward(x), SLOPE), self.limit)


def limited(x: Tensor, limit: float | None) -> Tensor:
    """Cut values off beyond a limit, if there is one."""
    return x if limit is None else x.clamp(-limit, limit)
