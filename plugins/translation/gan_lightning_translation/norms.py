"""Normalisations by name, and how weights of the family's networks begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from torch import nn

from gan_lightning.layers import normal

#: ``batch``; ``instance`` without scales; ``instance_affine`` with them, which is what batch normalisation with the
#: statistics of a batch of one comes to.
Norm = Literal["batch", "instance", "instance_affine"]

NORMS: Mapping[Norm, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": nn.InstanceNorm2d,
    "instance_affine": partial(nn.InstanceNorm2d, affine=True),
}


def has_bias(norm: Norm) -> bool:
    """Tell whether a convolution before it keeps its bias, as published: where the normalisation has none."""
    return norm == "instance"


def initialise(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and the scales of normalisations from N(1, 0.02); zero biases."""
    normal(network, 0.02)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and layer.weight is not None:
            nn.init.normal_(layer.weight, 1.0, 0.02)
