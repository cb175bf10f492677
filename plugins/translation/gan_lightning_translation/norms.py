"""Normalisations by name, convolutions that they follow, and how weights of the family's networks begin."""

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


def normalised(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], inputs: int, outputs: int, norm: Norm, kernel: int, **sizes: int
) -> list[nn.Module]:
    """Return a convolution of these sizes, its normalisation, and ReLU."""
    made: nn.Module = kind(inputs, outputs, kernel, bias=has_bias(norm), **sizes)  # type: ignore[arg-type]
    return [made, NORMS[norm](outputs), nn.ReLU()]


def initialise(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and the scales of normalisations from N(1, 0.02); zero biases."""
    normal(network, 0.02)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and layer.weight is not None:
            nn.init.normal_(layer.weight, 1.0, 0.02)
