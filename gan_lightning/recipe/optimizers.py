"""The optimisers a player may have: torch's, by short names, with any of their numbers on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from gan_lightning.recipe.options import OptionError
from gan_lightning.recipe.schema import Component
from gan_lightning.schedule import Binding, Schedule


def _adam(
    parameters: Sequence[nn.Parameter],
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    *,
    correct_lazy: bool = False,
    fused: bool | None = None,
) -> Optimizer:
    """Adam (Kingma & Ba 2014, arXiv:1412.6980).

    Args:
        parameters: What is optimised.
        lr: Learning rate.
        betas: Shares of the averages of gradients and of their squares that a step keeps.
        eps: Added to what is divided by.
        weight_decay: Factor on the weights themselves.
        correct_lazy: Whether lr and betas are those of a player without lazy penalties: the steps that it makes for
            these are made up for. With c the share of its other steps, k / (k + 1) for one penalty of ``every: k``, it
            steps with ``c lr`` and ``betas ** c`` (Karras et al. 2019, arXiv:1912.04958, appendix B).
        fused: Whether all weights are updated in one kernel; null leaves it to ``performance``.
    """
    del correct_lazy  # `optimizer_maker` puts it into the numbers, since it depends on the game
    return torch.optim.Adam(parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=fused)


def _adamw(
    parameters: Sequence[nn.Parameter],
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    *,
    correct_lazy: bool = False,
    fused: bool | None = None,
) -> Optimizer:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017, arXiv:1711.05101); arguments as of Adam."""
    del correct_lazy  # `optimizer_maker` puts it into the numbers, since it depends on the game
    return torch.optim.AdamW(parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=fused)


def _rmsprop(
    parameters: Sequence[nn.Parameter],
    lr: float = 5e-5,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
) -> Optimizer:
    """RMSProp."""
    return torch.optim.RMSprop(parameters, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)


def _sgd(
    parameters: Sequence[nn.Parameter],
    lr: float = 0.01,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    *,
    nesterov: bool = False,
) -> Optimizer:
    """Stochastic gradient descent."""
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}

_Correction = Callable[[float, float], float]

#: What a number becomes where only a share of the player's steps are regular ones.
_CORRECTIONS: Mapping[str, _Correction] = {
    "lr": lambda number, share: number * share,
    "betas": lambda number, share: number**share,
}


def optimizer_maker(
    component: Component, where: str, regular_share: float = 1.0
) -> Callable[[Sequence[nn.Parameter]], tuple[Optimizer, list[Binding]]]:
    """Return a function that makes a player's optimiser, and the bindings of its scheduled numbers.

    Args:
        component: The optimiser and its options.
        where: Its place in the recipe.
        regular_share: Share of the player's steps that are not those of lazy penalties; see `Game.regular_share`.
    """
    share = regular_share if component.options.get("correct_lazy") else 1.0

    def make(parameters: Sequence[nn.Parameter]) -> tuple[Optimizer, list[Binding]]:
        options = {name: _corrected(name, _at_start(value), share) for name, value in component.options.items()}
        optimizer = OPTIMIZERS[component.name](parameters, **options)
        return optimizer, [
            Binding(f"{where}.{name}", schedule, partial(_assign, optimizer, name, place, share))
            for name, value in component.options.items()
            for place, schedule in _schedules(value)
        ]

    return make


def check_optimizer(component: Component, where: str) -> None:
    """Try a player's optimiser on a weight of no consequence.

    Raises:
        OptionError: It refuses a number, such as a negative learning rate.
    """
    try:
        optimizer_maker(component, where)([nn.Parameter(torch.zeros(()))])
    except ValueError as error:
        raise OptionError(where, str(error)) from error


def _at_start(value: Any) -> Any:
    if isinstance(value, Schedule):
        return value.start
    return tuple(_at_start(part) for part in value) if isinstance(value, tuple) else value


def _schedules(value: Any) -> list[tuple[int | None, Schedule]]:
    if isinstance(value, Schedule):
        return [(None, value)]
    parts = value if isinstance(value, tuple) else ()
    return [(place, part) for place, part in enumerate(parts) if isinstance(part, Schedule)]


def _corrected(name: str, value: Any, share: float) -> Any:
    if share == 1.0 or name not in _CORRECTIONS:
        return value
    correct = _CORRECTIONS[name]
    return tuple(correct(part, share) for part in value) if isinstance(value, tuple) else correct(value, share)


def _assign(optimizer: Optimizer, name: str, place: int | None, share: float, number: float) -> None:
    number = _corrected(name, number, share)
    for group in optimizer.param_groups:
        group[name] = number if place is None else (*group[name][:place], number, *group[name][place + 1 :])
