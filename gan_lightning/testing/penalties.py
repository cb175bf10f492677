"""What penalties and other rules promise, tried on a turn of the two-player game with small smooth networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.components import Penalty, Rule
from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require
from gan_lightning.testing.toys import CLASSES, TOY_NETWORKS, ToyDiscriminator, ToyLoss
from gan_lightning.two_player import TwoPlayerGame

_COUNT = 6
_SPEC = DataSpec((3, 8, 8), (2,) * CLASSES)
_EVERY = 4


def check_penalty(penalty: type[Rule], /, name: str = "", **settings: Any) -> None:
    """Check a penalty, or another rule; `settings` are options to construct it with."""
    keep_all("penalty", penalty, PROMISES, name, settings)


def gives_a_finite_scalar(subject: Subject) -> None:
    """The term is a finite scalar, with and without classes, and 0 or more if it rewards nothing.

    Of a rule without a term it is the loss that is looked at.
    """
    for _, value in _terms(subject):
        require(value.dim() == 0, f"expected a scalar, got shape {tuple(value.shape)}")
        least = 0.0 if issubclass(subject.component, Penalty) and not subject.component.rewards else -torch.inf
        good = bool(value.isfinite() and value >= least)
        require(good, f"expected a finite number of at least {least:g}, got {value.item()}")


def reaches_the_weights_of_its_players(subject: Subject) -> None:
    """Its gradient, a second-order one where it differentiates twice, reaches the weights of its players' networks."""
    for weights, value in _terms(subject):  # one at a time: the next turn freezes the weights of this one
        gradients = torch.autograd.grad(value, weights, allow_unused=True)
        reached = [gradient for gradient in gradients if gradient is not None]
        require(any(bool(gradient.any()) for gradient in reached), "no weight of its player gets a gradient")
        require(all(bool(gradient.isfinite().all()) for gradient in reached), "a gradient is not finite")


def repeats_itself(subject: Subject) -> None:
    """The same turn gives the same term: whatever it draws comes from the turn's own stream."""
    for (_, first), (_, second) in zip(_terms(subject), _terms(subject), strict=True):
        require(torch.equal(first, second), "two terms of the same turn differ")


def may_be_lazy(subject: Subject) -> None:
    """A term with ``every: 4`` is a phase of its own in every fourth round, multiplied by 4."""
    if not issubclass(subject.component, Penalty):
        return
    game = _games(subject, every=_EVERY)[0]
    found = [phase for phase in game.phases() if subject.name in phase.terms]
    told = [(phase.player, phase.every, phase.gain, len(phase.terms)) for phase in found]
    wanted = [(player, _EVERY, float(_EVERY), 1) for player in subject.component.players]
    require(told == wanted, f"its phases are {told}")


PROMISES: tuple[Promise, ...] = (
    gives_a_finite_scalar,
    reaches_the_weights_of_its_players,
    repeats_itself,
    may_be_lazy,
)


class _Telling(ToyDiscriminator):
    """A discriminator that offers by itself what a rule reads, and whose features have been through dropout."""

    def __init__(self, data: DataSpec, classes: int, reads: tuple[str, ...]) -> None:
        super().__init__(data, classes)
        self.reads = reads
        self.dropout = _Alternating(0.5)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        critique = super().forward(samples, labels)
        extras = {name: critique.logits.square() for name in self.reads}
        return replace(critique, features=self.dropout(critique.features), extras=extras)


class _Alternating(nn.Dropout):
    """Drops every other feature, the others at each second call: nothing is drawn, and a twin does the same."""

    calls = 0

    def forward(self, features: Tensor) -> Tensor:
        self.calls += 1
        return features * ((torch.arange(features.shape[1]) + self.calls) % 2)


def _games(subject: Subject, **options: Any) -> list[TwoPlayerGame]:
    """Return a game without classes and one with, if the rule can be played in them; one of the two it must take."""
    games: list[TwoPlayerGame] = []
    refusals: list[str] = []
    for conditional in (False, True):
        networks = {**TOY_NETWORKS.roles, "discriminator": partial(_Telling, reads=subject.component.reads)}
        parts = Parts(_SPEC, _COUNT, networks, ToyLoss(), {subject.name: subject.make(**options)})
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            try:
                games.append(TwoPlayerGame(parts, conditional=conditional))
            except UserError as refusal:
                refusals.append(str(refusal))
    require(bool(games), f"it can be played neither with classes nor without: {refusals}")
    return games


def _terms(subject: Subject) -> Iterator[tuple[list[nn.Parameter], Tensor]]:
    """Yield, for every game and player it is about, the player's weights and the unweighted term of one turn."""
    for game in _games(subject):
        for player in subject.component.players:
            yield _turn(subject, game, player)


def _turn(subject: Subject, game: TwoPlayerGame, name: str) -> tuple[list[nn.Parameter], Tensor]:
    """Play a turn, a step of the player's after another, so that what remembers has something to remember."""
    first, _ = _term(subject, game, name)
    game.after_batch(first)
    game.after_step(first)
    weights = game.parameters_of(game.player(name))
    with torch.no_grad():
        for weight in weights:
            weight.mul_(1.1)
    _, value = _term(subject, game, name)
    return weights, value


def _term(subject: Subject, game: TwoPlayerGame, name: str) -> tuple[Play, Tensor]:
    """Return a turn in which only the player's weights ask for gradients, and the term."""
    player = game.player(name)
    for network, module in game.networks.items():
        module.requires_grad_(network in player.networks)
    phase: Phase = next(phase for phase in game.phases() if phase.player == name)
    random = Randomness(0).at("round", 0)
    values = (random.uniform("real", _COUNT, *_SPEC.shape) * 255).to(torch.uint8)
    batch = Batch(values, torch.arange(_COUNT) % CLASSES)
    play: Play = game.play(phase, batch, random, Progress(0, 0, 0, 10))
    rule = game.parts.penalties[subject.name]
    return play, rule(play) if isinstance(rule, Penalty) else phase.terms["loss"](play)
