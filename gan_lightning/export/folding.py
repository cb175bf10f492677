"""Networks without what only training needs: normalised weights become plain ones."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from gan_lightning.layers.spectral_norm import SNConv2d, SNEmbedding, SNLinear
from gan_lightning.layers.weights import Conv2d, Embedding, Linear


@torch.no_grad()
def folded(network: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode whose layers have the weights that they use, as plain parameters.

    Spectral norms are divided by once, and torch's parametrizations are left with what they make.
    """
    copied = deepcopy(network).eval().requires_grad_(requires_grad=False)
    for layer in copied.modules():
        if type(layer) in _PLAIN:
            _make_plain(layer)
        if is_parametrized(layer):
            _leave_parametrized(layer)
    return copied


def _make_plain(layer: Any) -> None:
    """Turn a spectrally normalised layer into the one that it is otherwise."""
    layer.weight.copy_(layer.normalized_weight())
    del layer.u
    layer.__class__ = _PLAIN[type(layer)]


def _leave_parametrized(layer: Any) -> None:
    """Keep what parametrizations make; torch's own way would take them from other copies of the layer too."""
    made = {name: getattr(layer, name).detach().clone() for name in layer.parametrizations}
    del layer.parametrizations
    layer.__class__ = type(layer).__mro__[1]  # torch has put a class with properties in front
    for name, value in made.items():
        layer.register_parameter(name, nn.Parameter(value, requires_grad=False))


#: What normalised layers are without; other classes of them may do more in their forward, and stay as they are.
_PLAIN: dict[type[nn.Module], type[nn.Module]] = {SNConv2d: Conv2d, SNLinear: Linear, SNEmbedding: Embedding}
