"""Weight normalisation: layers whose weight is a direction times a length for each output."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from gan_lightning.layers.weights import Conv2d, Embedding, LayerSet, Linear


class _LengthAndDirection(nn.Module):
    """The map from lengths and directions to a weight.

    `torch.nn.utils.parametrizations.weight_norm` has a fused kernel for it, whose second derivative is wrong (seen in
    torch 2.14 on CPU); gradient penalties need that one.
    """

    def forward(self, length: Tensor, direction: Tensor) -> Tensor:
        """Multiply lengths ``[out, 1, ...]`` and directions ``[out, ...]``."""
        return direction * (length / _norms(direction))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Take a weight apart."""
        return _norms(weight), weight


class WNConv2d(Conv2d):
    """A convolution of weight g v / ||v||, with the norm over each output's kernel; arguments as `torch.nn.Conv2d`.

    (Salimans & Kingma 2016, arXiv:1602.07868, equation 2.) The trained parameters are the lengths g ``[out, 1, 1, 1]``
    and the directions v ``[out, in, kernel, kernel]``, in torch's parametrization of ``weight``. It begins as the
    convolution that it is made of. ``weight`` reads as any layer's, and what is assigned to it is taken apart; changing
    what was read changes nothing.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        register_parametrization(self, "weight", _LengthAndDirection())


class WNLinear(Linear):
    """A linear layer of weight g v / ||v||, with the norm over each row; arguments as `torch.nn.Linear`.

    See `WNConv2d`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        register_parametrization(self, "weight", _LengthAndDirection())


#: Weights as directions times lengths; embeddings are as they are.
WEIGHT_NORM = LayerSet(WNConv2d, WNLinear, Embedding)


def _norms(weight: Tensor) -> Tensor:
    """Return the length of each output's weight ``[out, 1, ...]``."""
    norms: Tensor = torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.dim())), keepdim=True)
    return norms
