"""A turn as one function, traced, compiled, and tried against the turn itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.optim import Adam
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

from gan_lightning.compiled.checks import refuse
from gan_lightning.compiled.draws import Draw
from gan_lightning.compiled.module import Turn, recorded, restore
from gan_lightning.data.batch import Batch
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Phase, total
from gan_lightning.randomness import Randomness

_TOLERANCE = 1e-4  # of a turn's losses, gradients and buffers, as code against as itself


@dataclass(frozen=True)
class Outcome:
    """What a compiled turn has come to.

    Args:
        losses: The phase's terms by name.
        skipped: Whether the step was left out, for a loss or a gradient that is no finite number.
    """

    losses: dict[str, Tensor]
    skipped: bool


class CompiledTurn:
    """A phase's turn as one function of weights, buffers, Adam's state, real samples and what is drawn.

    Args:
        game: The game.
        phase: The phase.
        optimizer: The player's Adam.
        guarded: Whether a step on a loss or gradient that is no finite number is left out.
    """

    def __init__(self, game: Game, phase: Phase, optimizer: Adam, *, guarded: bool) -> None:
        self.phase = phase
        self._guarded = guarded
        self._turn = Turn(game, phase)
        self._optimizer = optimizer
        own = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
        everything = dict(self._turn.named_parameters())
        trained = {name: weight for name, weight in everything.items() if id(weight) in own}
        others = {name: weight.detach() for name, weight in everything.items() if id(weight) not in own}
        self._kept = (
            {name: weight.detach() for name, weight in trained.items()},
            others | dict(self._turn.named_buffers()),
            [_state(optimizer, weight) for weight in trained.values()],
        )
        self._kept_flat = tree_leaves(self._kept)
        self._now: tuple[float, ...] = ()
        self._now_as_tensor = torch.empty(3)
        self._draws: list[Draw] = []
        self._code: Any = None

    def __call__(self, batch: Batch, random: Randomness) -> Outcome:
        """Play the turn.

        Args:
            batch: The real samples.
            random: The turn's stream.

        Raises:
            UserError: The turn cannot be compiled.
        """
        if self._code is None:
            self._compile(batch, random)
        with torch.no_grad():
            numbers, reals, draws = self._inputs(batch, random)[len(self._kept) :]
            finite, *losses = self._code(*self._kept_flat, numbers, *reals, *draws)
        return Outcome(dict(zip(self.phase.terms, losses, strict=True)), self._guarded and not bool(finite))

    def _compile(self, batch: Batch, random: Randomness) -> None:
        """Trace and compile the turn, and try it against the turn itself."""
        self._draws = recorded(self._turn, batch, random)
        inputs = self._inputs(batch, random)
        try:
            with torch.no_grad():
                flat, structure = tree_flatten(inputs)
                graph = make_fx(lambda *parts: self._step(*tree_unflatten(parts, structure)), tracing_mode="fake")(
                    *flat
                )
                code = torch._inductor.compile(graph, flat)
                self._compare(code, inputs)
        except UserError:
            raise
        except Exception as error:
            refuse(str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__)
        self._code = code

    def _inputs(self, batch: Batch, random: Randomness) -> tuple[Any, ...]:
        """Return the arguments of `_step`."""
        reals = [part for part in (batch.values, batch.labels, batch.flips) if part is not None]
        return (*self._kept, self._numbers(), reals, [draw.again(random) for draw in self._draws])

    def _numbers(self) -> Tensor:
        """Return the learning rate and the betas of this moment."""
        group = self._optimizer.param_groups[0]
        now = (group["lr"], *group["betas"])
        if now != self._now:
            self._now, self._now_as_tensor = now, torch.tensor(now)
        return self._now_as_tensor

    def _step(
        self,
        own: dict[str, Tensor],
        others: dict[str, Tensor],
        states: list[tuple[Tensor, Tensor, Tensor]],
        numbers: Tensor,
        reals: list[Tensor],
        draws: list[Tensor],
    ) -> list[Tensor]:
        """Do what the step and Adam do, on tensors alone; this is what is traced."""
        with torch.enable_grad():
            leaves = {name: weight.detach().requires_grad_() for name, weight in own.items()}
            losses = torch.func.functional_call(self._turn, {**leaves, **others}, (reals, draws))
            loss = total(losses) * self.phase.gain
            gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        finite = loss.isfinite()
        for gradient in gradients:
            finite = finite if gradient is None else finite & gradient.isfinite().all()
        for weight, gradient, state in zip(own.values(), gradients, states, strict=True):
            if gradient is not None:
                self._adam(weight, gradient, state, numbers, finite)
        return [finite, *(term.detach() for term in losses.values())]

    def _adam(
        self, weight: Tensor, gradient: Tensor, state: tuple[Tensor, Tensor, Tensor], numbers: Tensor, finite: Tensor
    ) -> None:
        """Make Adam's step (Kingma & Ba 2014, arXiv:1412.6980, algorithm 1), or none."""
        lr, beta1, beta2 = numbers.unbind()
        step, mean, square = state
        later = step + 1
        new_mean = mean + (gradient - mean) * (1 - beta1)
        new_square = square * beta2 + gradient * gradient * (1 - beta2)
        size = lr / (1 - beta1**later)
        root = new_square.sqrt() / (1 - beta2**later).sqrt() + self._optimizer.param_groups[0]["eps"]
        moved = weight - size * new_mean / root
        for old, new in ((step, later), (mean, new_mean), (square, new_square), (weight, moved)):
            old.copy_(torch.where(finite, new, old) if self._guarded else new)

    def _compare(self, code: Any, inputs: tuple[Any, ...]) -> None:
        """Play the turn as code and as itself from the same state, which is left as it was.

        Raises:
            UserError: They come to different losses, gradients or buffers.
        """
        own, others, states, *_ = inputs
        touched = [*own.values(), *others.values(), *(part for state in states for part in state)]
        before = [part.clone() for part in touched]
        _, *losses = code(*tree_leaves(inputs))
        moments = [mean.clone() for _, mean, _ in states]
        after = [part.clone() for part in others.values()]
        restore(touched, before)
        _, *itself = self._step(*inputs)
        wanted = [*itself, *(mean for _, mean, _ in states), *others.values()]
        same = all(map(_alike, [*losses, *moments, *after], wanted))
        restore(touched, before)
        if not same:
            refuse("the compiled turn comes to other numbers than the turn itself")


def _state(optimizer: Adam, weight: nn.Parameter) -> tuple[Tensor, Tensor, Tensor]:
    """Return Adam's step and moments of a weight, made as Adam would make them before its first step."""
    state: dict[str, Tensor] = optimizer.state[weight]
    if not state:
        state["step"] = torch.zeros((), dtype=torch.float32)
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weight.detach()), torch.zeros_like(weight.detach())
    return state["step"], state["exp_avg"], state["exp_avg_sq"]


def _alike(one: Tensor, other: Tensor) -> bool:
    if not one.is_floating_point():
        return torch.equal(one, other)
    return bool((one - other).norm() <= _TOLERANCE * other.norm() + 1e-8)
