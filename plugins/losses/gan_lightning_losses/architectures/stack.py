"""The stack of linear layers that encoder and decoder are."""

from __future__ import annotations

from torch import nn

from gan_lightning.layers import hidden_layers


def stack(inputs: int, hidden: int, layers: int, outputs: int) -> nn.Sequential:
    """Return linear layers with leaky ReLU (0.2) between: ``[N, inputs]`` to ``[N, outputs]``.

    Args:
        inputs: Numbers in.
        hidden: Width of the hidden layers.
        layers: How many hidden layers; with 0 it is one linear layer.
        outputs: Numbers out.
    """
    inner = hidden_layers(inputs, hidden, layers, lambda: nn.LeakyReLU(0.2))
    return nn.Sequential(*inner, nn.Linear(hidden if layers else inputs, outputs))
