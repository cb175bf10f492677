"""The divergences that f-GAN minimises, as data.

An f-divergence of P and Q is E_Q[f(p / q)] with f convex and f(1) = 0. Its variational bound is E_P[T] - E_Q[f*(T)]
with T = g_f(v): v is what the network puts out, g_f takes it to where the conjugate f* is defined (Nowozin, Cseke &
Tomioka 2016, arXiv:1606.00709, table 2 and section 2.4; for the alpha divergences their appendix).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import expm1, log
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import softplus

Name = Literal["kl", "reverse_kl", "pearson", "neyman", "squared_hellinger", "jensen_shannon", "gan", "alpha"]
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Divergence:
    """What f-GAN needs of a divergence, as functions of the network's output v of any shape.

    Args:
        activation: T = g_f(v).
        conjugate: f*(g_f(v)) in one step, since f* after g_f loses the digits of large outputs.
        threshold: The v of a sample that is as likely real as generated, where g_f(v) = f'(1) (section 2.4).
    """

    activation: Function
    conjugate: Function
    threshold: float = 0.0


def alpha(order: float) -> Divergence:
    """Return the alpha divergence, f(u) = (u^a - 1 - a (u - 1)) / (a (a - 1)).

    Order 2 is half of Pearson's, 1/2 twice the squared Hellinger distance, -1 half of Neyman's. With an order above 1
    the conjugate is constant below v = -1 / (a - 1).

    Args:
        order: a, neither 0 nor 1, where it would be one of the Kullback-Leibler divergences.
    """
    above, power = order - 1.0, order / (order - 1.0)

    def conjugate(slope: Tensor) -> Tensor:
        return (slope**power - 1.0) / order

    if order > 1.0:
        return Divergence(_itself, lambda v: conjugate((above * v + 1.0).clamp_min(0.0)))
    undecided = -log(expm1(-1.0 / above))
    return Divergence(lambda v: -1.0 / above - softplus(-v), lambda v: conjugate(-above * softplus(-v)), undecided)


def _itself(v: Tensor) -> Tensor:
    return v


def _one_less_exponential(v: Tensor) -> Tensor:
    return -torch.expm1(-v)


#: By name. Pearson's f* is that of the paper's table below -2 too, where the exact one stays at -1: the bound holds and
#: draws the discriminator back, but the minimax generator is then taught to go on down.
DIVERGENCES: Mapping[Name, Divergence] = {
    "kl": Divergence(_itself, lambda v: torch.exp(v - 1.0), threshold=1.0),
    "reverse_kl": Divergence(lambda v: -torch.exp(-v), lambda v: v - 1.0),
    "pearson": Divergence(_itself, lambda v: 0.25 * v.square() + v),
    "neyman": Divergence(_one_less_exponential, lambda v: -2.0 * torch.expm1(-0.5 * v)),
    "squared_hellinger": Divergence(_one_less_exponential, torch.expm1),
    "jensen_shannon": Divergence(lambda v: log(2.0) - softplus(-v), lambda v: softplus(v) - log(2.0)),
    "gan": Divergence(lambda v: -softplus(-v), softplus),
}
