"""Equalised learning rates: weights are kept at one scale and multiplied, when they are used, by the one they need."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from gan_lightning.layers.weights import Conv2d, Embedding, LayerSet, Linear


class Equalized(nn.Module):
    """Mixin for a layer with a ``weight`` ``[out, ...]``; put it before the layer's class.

    A stored weight begins as N(0, 1) / m and is used as ``weight * m * gain / sqrt(fan_in)`` with a multiplier m of the
    learning rate; a bias begins at `bias_init` and is stored divided by m. An optimiser that moves all weights by steps
    of one size, as Adam does, so moves all layers alike, and those of a smaller m more slowly (Karras et al. 2018,
    arXiv:1710.10196, section 4.1; m is in Karras et al. 2019, arXiv:1812.04948, appendix C).

    Args:
        gain: Factor on the initial weights that are used; sqrt(2) before a rectifier.
        lr_multiplier: Factor m on the learning rate of the layer.
        bias_init: The bias that is used at the beginning.
        bias_gain: Factor on the bias, such as the one of the activation behind the layer: leaky rectifiers may be
            scaled before as well as after.
    """

    weight: Tensor
    bias: Any

    def __init__(
        self,
        *args: Any,
        gain: float = 1.0,
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
        bias_gain: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.bias_scale = lr_multiplier * bias_gain
        self.scale = gain * lr_multiplier / self.weight[0].numel() ** 0.5
        with torch.no_grad():
            self.weight.div_(lr_multiplier)
            if self.bias is not None:
                self.bias.fill_(bias_init / self.bias_scale)

    def reset_parameters(self) -> None:
        """Draw the stored weight from N(0, 1)."""
        nn.init.normal_(self.weight)

    def normalized_weight(self) -> Tensor:
        """Return the weight that is used."""
        return self.weight * self.scale  # type: ignore[no-any-return]

    def normalized_bias(self) -> Tensor | None:
        """Return the bias that is used."""
        bias: Tensor | None = self.bias
        return bias if bias is None or self.bias_scale == 1.0 else bias * self.bias_scale


class EqualizedLinear(Equalized, Linear):
    """A linear layer with an equalised learning rate; arguments as `torch.nn.Linear` and those of `Equalized`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., inputs]`` to ``[..., outputs]``."""
        return linear(x, self.normalized_weight(), self.normalized_bias())


class EqualizedConv2d(Equalized, Conv2d):
    """A convolution with an equalised learning rate; arguments as `torch.nn.Conv2d` and those of `Equalized`."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``[N, C, H, W]``."""
        return self._conv_forward(x, self.normalized_weight(), self.normalized_bias())  # type: ignore[no-any-return]


#: Weights of equalised learning rates; embeddings are as they are.
EQUALIZED = LayerSet(EqualizedConv2d, EqualizedLinear, Embedding)
