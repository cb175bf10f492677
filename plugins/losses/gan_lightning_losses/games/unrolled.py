"""The unrolled GAN: the generator plays against the discriminator of some steps ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gan_lightning.components import Penalty
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, total
from gan_lightning.origin import Origin
from gan_lightning.two_player import Term, TwoPlayerGame, TwoPlayerPlay
from gan_lightning_losses.across import average
from gan_lightning_losses.games.lookahead import Descent, FollowingAdam, Lookahead
from gan_lightning_losses.penalties.weight_clipping import WeightClipping

Inner = Literal["sgd", "adam"]


class Unrolled(TwoPlayerGame):
    """In its turn, the generator differentiates through steps that the discriminator would answer with.

    D's weights w_0 are what they are; w_(i+1) = w_i - step(dL_D(w_i) / dw_i) on the turn's own real and generated
    samples, for i below `steps`; the generator minimises its loss and penalties at w_steps, and its gradient goes
    through the steps, too (Metz et al. 2017, arXiv:1611.02163). They are not made: D itself trains in turns of its own,
    and none of its buffers moves in the generator's. L_D is the sum of its terms but for lazy ones. Memory and time
    of the generator's turn grow with `steps`. With 0 it is the two-player game.

    Args:
        parts: What the recipe provides.
        steps: Steps that are looked ahead.
        inner: What the steps are made with: ``sgd``, or ``adam`` with the moments that D's real steps have led to, as
            in the authors' demonstration.
        lr: Learning rate of these steps: D's own, to look at what it will do.
        betas: Decay of Adam's moments: those of D's own.

    Raises:
        UserError: Fewer than 0 steps; a loss or a penalty of the discriminator that remembers what it has seen: it
            would remember what has never been; or clipped weights.
    """

    origin = Origin(
        "Metz et al., Unrolled Generative Adversarial Networks",
        2016,
        "1611.02163",
        cures=("mode diversity", "stability"),
    )

    def __init__(
        self,
        parts: Parts,
        *,
        steps: int = 5,
        inner: Inner = "adam",
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        **options: Any,
    ) -> None:
        if steps < 0:
            raise UserError(f"game.steps: expected at least 0, got {steps}")
        super().__init__(parts, **options)
        self.steps = steps
        if steps:
            _refuse_what_cannot_look_ahead(parts)
            count = sum(weight.numel() for weight in self.networks["discriminator"].parameters())
            self.lookahead = Descent(lr) if inner == "sgd" else FollowingAdam(lr, betas, count)
            self._phases = tuple(_looking_ahead(phase) for phase in self._phases)

    lookahead: Lookahead

    def play(self, phase: Phase, *args: object, **options: object) -> Play:
        """Return what a turn sees."""
        if phase.player == "generator" and self.steps:
            return UnrolledPlay(self, phase, *args, **options)  # type: ignore[arg-type]
        return super().play(phase, *args, **options)

    @property
    def acts_after_steps(self) -> bool:
        """Whether a rule or an augmentation acts after steps, or D's are followed."""
        return super().acts_after_steps or bool(self.steps and self.lookahead.follows)

    def after_step(self, play: Play) -> None:
        """Take note of D's steps, and let rules and augmentations act."""
        if self.steps and play.phase.player == "discriminator":
            self.lookahead.follow(self.networks["discriminator"].parameters())
        super().after_step(play)


class UnrolledPlay(TwoPlayerPlay):
    """A generator's turn, and the discriminator that it is played against."""

    game: Unrolled

    @cached_property
    def ahead(self) -> dict[str, Tensor]:
        """The discriminator's weights after the steps, and copies of its buffers, by name."""
        called = _Called(self.game.networks["discriminator"])
        buffers = {name: value.clone() for name, value in called.named_buffers()}
        shapes = {name: weight.shape for name, weight in called.named_parameters()}
        weights = torch.cat([weight.detach().flatten() for weight in called.parameters()]).requires_grad_()
        state = self.game.lookahead.begin()
        for _ in range(self.game.steps):
            loss = functional_call(called, {**_unflatten(weights, shapes), **buffers}, (_total, self._answer()))
            (gradient,) = torch.autograd.grad(loss, weights, create_graph=True)
            weights, state = self.game.lookahead.step(weights, average(gradient), state)
        return {**_unflatten(weights, shapes), **buffers}

    def _answer(self) -> TwoPlayerPlay:
        """Return a turn of the discriminator on the samples of this one."""
        phase = next(phase for phase in self.game.phases() if phase.player == "discriminator" and phase.every == 1)
        answer = TwoPlayerPlay(self.game, phase, self.batch, self.random, self.progress)
        vars(answer).update(latents=self.latents, fake_labels=self.fake_labels, fake=self.fake)
        return answer


class _Called(nn.Module):
    """Calls a function of a turn, so that the discriminator's weights can be other ones for as long as that takes."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, term: Term, play: Play) -> Tensor:
        """Return the term."""
        return term(play)


def _looking_ahead(phase: Phase) -> Phase:
    """Return a generator's phase with its terms taken at the discriminator of some steps ahead."""
    if phase.player != "generator":
        return phase
    return replace(phase, terms={name: partial(_ahead, term) for name, term in phase.terms.items()})


def _ahead(term: Term, play: Play) -> Tensor:
    assert isinstance(play, UnrolledPlay)
    ahead = play.ahead
    found: Tensor = functional_call(_Called(play.game.networks["discriminator"]), ahead, (term, play))
    return found


def _total(play: Play) -> Tensor:
    return total(play.phase.losses(play))


def _unflatten(weights: Tensor, shapes: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    parts = torch.split(weights, [shape.numel() for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _refuse_what_cannot_look_ahead(parts: Parts) -> None:
    if isinstance(parts.loss, nn.Module):
        raise UserError(
            f"loss: {parts.loss_name} remembers what it has seen and cannot look ahead; use game: two_player"
        )
    for name, rule in parts.penalties.items():
        if isinstance(rule, Penalty) and isinstance(rule, nn.Module) and "discriminator" in rule.players:
            raise UserError(f"penalties.{name}: it remembers what it has seen and cannot look ahead; leave it out")
        if isinstance(rule, WeightClipping):
            raise UserError(f"penalties.{name}: steps that are looked ahead to are not clipped; leave it out")
