"""What is paid for how much more real one sample looks than another, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn.functional import relu, softplus

Base = Literal["standard", "least_squares", "hinge", "wasserstein"]
Name = Literal[
    "softplus_minus",
    "softplus_plus",
    "squared_minus",
    "squared_plus",
    "hinge_minus",
    "hinge_plus",
    "minus",
    "plus",
    "zero",
]
Function = Callable[[Tensor], Tensor]

#: By name, of a difference y of two logits. Those that end in minus fall where y rises.
FUNCTIONS: Mapping[Name, Function] = {
    "softplus_minus": lambda y: softplus(-y),
    "softplus_plus": softplus,
    "squared_minus": lambda y: (y - 1.0).square(),
    "squared_plus": lambda y: (y + 1.0).square(),
    "hinge_minus": lambda y: relu(1.0 - y),
    "hinge_plus": lambda y: relu(1.0 + y),
    "minus": lambda y: -y,
    "plus": lambda y: y,
    "zero": lambda y: 0.0 * y,
}


@dataclass(frozen=True)
class Terms:
    """The four functions of a relativistic loss (Jolicoeur-Martineau 2018, arXiv:1807.00734, equations 5 to 8).

    Args:
        f1: Paid by the discriminator for real samples.
        f2: Paid by the discriminator for generated samples.
        g1: Paid by the generator for real samples.
        g2: Paid by the generator for generated samples.
    """

    f1: Name
    f2: Name
    g1: Name
    g2: Name


def _mirrored(f1: Name, f2: Name) -> Terms:
    """Let the generator pay what the discriminator pays for the other kind, so that its gradients do not vanish."""
    return Terms(f1, f2, g1=f2, g2=f1)


#: By base. Of each, f2(-y) = f1(y).
TERMS: Mapping[Base, Terms] = {
    "standard": _mirrored("softplus_minus", "softplus_plus"),
    "least_squares": _mirrored("squared_minus", "squared_plus"),
    "hinge": _mirrored("hinge_minus", "hinge_plus"),
    "wasserstein": _mirrored("minus", "plus"),
}
