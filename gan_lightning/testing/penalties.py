"""What penalties promise, tried on a turn of the two-player game with small smooth networks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan_lightning.components import Penalty
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Phase, Play, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require
from gan_lightning.testing.toys import CLASSES, TOY_NETWORKS, ToyLoss
from gan_lightning.two_player import TwoPlayerGame

_COUNT = 6
_SPEC = DataSpec((3, 8, 8), (2,) * CLASSES)
_EVERY = 4


def check_penalty(penalty: type[Penalty], /, name: str = "", **settings: Any) -> None:
    """Check a penalty; `settings` are options to construct it with."""
    keep_all("penalty", penalty, PROMISES, name, settings)


def is_a_finite_scalar_of_at_least_zero(subject: Subject) -> None:
    """The term is a finite scalar, 0 or more, with and without classes."""
    for conditional in (False, True):
        value = _term(subject, conditional=conditional)[1]
        require(value.dim() == 0, f"expected a scalar, got shape {tuple(value.shape)}")
        require(bool(value.isfinite() and value >= 0), f"expected a finite number of at least 0, got {value.item()}")


def reaches_the_weights_of_its_player(subject: Subject) -> None:
    """Its gradient, a second-order one where it differentiates twice, reaches the weights of its player's networks."""
    for conditional in (False, True):
        game, value = _term(subject, conditional=conditional)
        weights = game.parameters_of(game.player(subject.component.player))
        gradients = torch.autograd.grad(value, weights, allow_unused=True)
        reached = [gradient for gradient in gradients if gradient is not None]
        require(any(bool(gradient.any()) for gradient in reached), "no weight of its player gets a gradient")
        require(all(bool(gradient.isfinite().all()) for gradient in reached), "a gradient is not finite")


def repeats_itself(subject: Subject) -> None:
    """The same turn gives the same term: whatever it draws comes from the turn's own stream."""
    require(torch.equal(_term(subject)[1], _term(subject)[1]), "two terms of the same turn differ")


def may_be_lazy(subject: Subject) -> None:
    """With ``every: 4`` it is a phase of its own in every fourth round, multiplied by 4."""
    game = _game(subject, conditional=False, every=_EVERY)
    found = [phase for phase in game.phases() if subject.name in phase.terms]
    told = [(phase.player, phase.every, phase.gain, len(phase.terms)) for phase in found]
    require(told == [(subject.component.player, _EVERY, float(_EVERY), 1)], f"its phases are {told}")


PROMISES: tuple[Promise, ...] = (
    is_a_finite_scalar_of_at_least_zero,
    reaches_the_weights_of_its_player,
    repeats_itself,
    may_be_lazy,
)


def _game(subject: Subject, *, conditional: bool, **options: Any) -> TwoPlayerGame:
    penalty = subject.make(**options)
    parts = Parts(_SPEC, _COUNT, TOY_NETWORKS.roles, ToyLoss(), {subject.name: penalty})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return TwoPlayerGame(parts, conditional=conditional)


def _term(subject: Subject, *, conditional: bool = False) -> tuple[TwoPlayerGame, Tensor]:
    """Return a game and the unweighted term of one turn, in which only the player's weights ask for gradients."""
    game = _game(subject, conditional=conditional)
    player = game.player(subject.component.player)
    for name, network in game.networks.items():
        network.requires_grad_(name in player.networks)
    phase: Phase = next(phase for phase in game.phases() if phase.player == player.name)
    random = Randomness(0).at("round", 0)
    values = (random.uniform("real", _COUNT, *_SPEC.shape) * 255).to(torch.uint8)
    batch = Batch(values, torch.arange(_COUNT) % CLASSES)
    play: Play = game.play(phase, batch, random, Progress(0, 0, 0, 10))
    return game, subject.make()(play)
