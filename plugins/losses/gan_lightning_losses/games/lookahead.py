"""Steps of an optimiser that are only looked ahead to, and that can be differentiated through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from torch import Tensor, nn

_TINY = 1e-30


class Lookahead(nn.Module, ABC):
    """An optimiser without side effects.

    Args:
        lr: Learning rate.
    """

    def __init__(self, lr: float) -> None:
        super().__init__()
        self.lr = lr

    @abstractmethod
    def begin(self) -> tuple[Tensor, ...]:
        """Return the state that looking ahead begins with."""

    @abstractmethod
    def step(self, weights: Tensor, gradient: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return weights ``[P]`` and state after a step along a gradient ``[P]``."""

    @property
    def follows(self) -> bool:
        """Whether it has to be told of the steps that are really made."""
        return False

    def follow(self, weights: Iterable[nn.Parameter]) -> None:
        """Take note of a step that the weights have made along their gradients."""


class Descent(Lookahead):
    """Gradient descent."""

    def begin(self) -> tuple[Tensor, ...]:
        """Return nothing."""
        return ()

    def step(self, weights: Tensor, gradient: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Step against the gradient."""
        return weights - self.lr * gradient, state


class FollowingAdam(Lookahead):
    """Adam (arXiv:1412.6980) that goes on from the moments of the steps that were really made.

    Fresh moments would not do: Adam's first step is the gradient's sign, whose derivative is zero.

    Args:
        lr: Learning rate.
        betas: Decay of the moments; those of the optimiser that is followed.
        count: Number of weights P.
        eps: What is added to the root of the second moment.
    """

    first: Tensor
    second: Tensor
    steps: Tensor

    def __init__(self, lr: float, betas: tuple[float, float], count: int, eps: float = 1e-8) -> None:
        super().__init__(lr)
        self.betas = betas
        self.eps = eps
        self.register_buffer("first", torch.zeros(count))
        self.register_buffer("second", torch.zeros(count))
        self.register_buffer("steps", torch.zeros(()))

    def begin(self) -> tuple[Tensor, ...]:
        """Return copies of both moments ``[P]`` and the number of steps."""
        return self.first.clone(), self.second.clone(), self.steps.clone()

    def step(self, weights: Tensor, gradient: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Step as Adam does."""
        first, second, steps = self._moved(gradient, *state)
        rate, decay = self.betas
        root = (second / (1.0 - decay**steps) + _TINY).sqrt()  # a root of zero has no derivative
        return weights - self.lr * first / (1.0 - rate**steps) / (root + self.eps), (first, second, steps)

    @property
    def follows(self) -> bool:
        """It keeps the moments of the steps that are made."""
        return True

    @torch.no_grad()
    def follow(self, weights: Iterable[nn.Parameter]) -> None:
        """Move the moments by the weights' gradients; a step that was left out has none."""
        owned = list(weights)
        if all(weight.grad is None for weight in owned):
            return
        parts = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in owned]
        moved = self._moved(torch.cat([part.flatten() for part in parts]), self.first, self.second, self.steps)
        for kept, new in zip((self.first, self.second, self.steps), moved, strict=True):
            kept.copy_(new)

    def _moved(self, gradient: Tensor, first: Tensor, second: Tensor, steps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rate, decay = self.betas
        return first.lerp(gradient, 1.0 - rate), second.lerp(gradient.square(), 1.0 - decay), steps + 1.0
