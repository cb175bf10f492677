"""Sets of layers by what becomes of their weights, so that a block takes a set instead of asking which it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn

from gan_lightning.layers.spectral_norm import SNConv2d, SNEmbedding, SNLinear


class Conv2d(nn.Conv2d):
    """A convolution whose weight is used as it is; the counterpart of `SNConv2d`."""

    def normalized_weight(self) -> Tensor:
        """Return the weight ``[out, in, kernel, kernel]``."""
        return self.weight


class Linear(nn.Linear):
    """A linear layer whose weight is used as it is; the counterpart of `SNLinear`."""

    def normalized_weight(self) -> Tensor:
        """Return the weight ``[out, in]``."""
        return self.weight


class Embedding(nn.Embedding):
    """An embedding whose table is used as it is; the counterpart of `SNEmbedding`."""

    def normalized_weight(self) -> Tensor:
        """Return the table ``[classes, width]``."""
        return self.weight


#: `Conv2d`, `SNConv2d`, or another class with the constructor of `torch.nn.Conv2d` and ``normalized_weight()``.
ConvolutionClass = Callable[..., Conv2d | SNConv2d]


class LayerSet(NamedTuple):
    """The classes that a network builds its weights with.

    Args:
        convolution: Has the constructor of `torch.nn.Conv2d`, and ``normalized_weight()``.
        linear: Has the constructor of `torch.nn.Linear`, and ``normalized_weight()``.
        embedding: Has the constructor of `torch.nn.Embedding`, and ``normalized_weight()``.
    """

    convolution: ConvolutionClass
    linear: type[Linear | SNLinear]
    embedding: type[Embedding | SNEmbedding]


#: Weights as they are.
PLAIN = LayerSet(Conv2d, Linear, Embedding)
#: Weights divided by their spectral norm.
SPECTRAL = LayerSet(SNConv2d, SNLinear, SNEmbedding)
