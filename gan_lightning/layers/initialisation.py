"""Initial weights. Each function treats the convolutions and linear layers of a network, and nothing else in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def glorot_uniform(network: nn.Module, gain: float = 1.0) -> None:
    """Draw weights from U(-a, a) with a = gain sqrt(6 / (fan_in + fan_out)); zero biases (Glorot & Bengio 2010)."""
    _fill(network, partial(nn.init.xavier_uniform_, gain=gain))


def normal(network: nn.Module, std: float) -> None:
    """Draw weights from a normal distribution of mean 0 and deviation `std`; zero biases."""
    _fill(network, partial(nn.init.normal_, std=std))


def uniform(network: nn.Module, bound: float) -> None:
    """Draw weights from U(-bound, bound); zero biases."""
    _fill(network, lambda weight: nn.init.uniform_(weight, -bound, bound))


def orthogonal(network: nn.Module, gain: float = 1.0) -> None:
    """Make the rows or columns of weights ``[out, rest]`` orthonormal times `gain`; zero biases (arXiv:1312.6120)."""
    _fill(network, partial(nn.init.orthogonal_, gain=gain))


def _fill(network: nn.Module, draw: Callable[[Tensor], Tensor]) -> None:
    for layer in network.modules():
        if isinstance(layer, _LAYERS):
            weight = draw(layer.weight)
            if is_parametrized(layer, "weight"):  # what was filled is a product of the parameters: take it apart
                layer.weight = weight  # type: ignore[assignment]
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
