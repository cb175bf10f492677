"""What games promise, tried with small networks through the real training loop."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from gan_lightning.game import Game
from gan_lightning.sampling import draw_samples
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.processes import fit_on_two_processes
from gan_lightning.testing.runs import Trainee, first_difference, state_of
from gan_lightning.testing.subject import Promise, Subject, keep, require

_STEPS = 4
_TOLERANCE = 1e-6
_SGD = {"name": "sgd", "lr": 0.05}


def check_game(game: type[Game], /, name: str = "", **settings: Any) -> None:
    """Check a game; `settings` are the sections of a recipe that differ from the kit's, such as ``game={...}``."""
    keep_all("game", game, PROMISES, name, settings)


def check_two_processes(game: type[Game], /, name: str = "", **settings: Any) -> None:
    """Check that two processes train a game as one does; about ten seconds."""
    keep(Subject.of("game", game, name, settings), trains_on_two_processes_as_on_one)


def has_phases_for_every_player(subject: Subject) -> None:
    """Its phases name players it has and have terms; every player moves, and some phase counts generator updates."""
    with tempfile.TemporaryDirectory() as folder:
        game = _trainee(subject).module(Path(folder)).game
    known, phases = {player.name for player in game.players}, game.phases()
    moving = {phase.player for phase in phases}
    require(moving == known, f"players are {sorted(known)}, phases are of {sorted(moving)}")
    require(all(phase.terms for phase in phases), "a phase has no terms")
    require(all(min(phase.turns, phase.every) >= 1 for phase in phases), "a phase has no turns")
    require(game.updates_per_round() >= 1, "no phase counts as a generator update")
    owned = {name for player in game.players for name in player.networks} | set(game.averaged)
    require(owned <= set(game.networks), f"there are no networks {sorted(owned - set(game.networks))}")


def trains_all_players_and_nothing_else(subject: Subject) -> None:
    """One round changes every network that a player owns, and the parameters of no other."""
    trainee = _trainee(subject)
    with tempfile.TemporaryDirectory() as folder:
        module = trainee.module(Path(folder))
        after = state_of(trainee.fit(Path(folder) / "run", 1))["state_dict"]
    owned = {name for player in module.game.players for name in player.networks}
    for name, network in module.game.networks.items():
        key = f"game.networks.{name}"
        changed = [w for w, value in network.named_parameters() if not torch.equal(value, after[f"{key}.{w}"])]
        if name in owned:
            require(bool(changed), f"a round changes nothing in network {name!r}")
        else:
            require(not changed, f"network {name!r} belongs to no player and yet its {changed[:1]} changes")


def repeats_itself_bit_by_bit(subject: Subject) -> None:
    """Two runs of one recipe end with equal networks, averages and optimisers."""
    trainee = _trainee(subject)
    with tempfile.TemporaryDirectory() as folder:
        first, second = (trainee.fit(Path(folder) / name, _STEPS) for name in ("first", "second"))
        difference = first_difference(state_of(first), state_of(second))
    require(difference is None, f"two runs of one recipe differ in {difference}")


def resumes_as_if_never_stopped(subject: Subject) -> None:
    """A run that stops at a checkpoint and is resumed equals one that never stopped, bit by bit."""
    trainee = _trainee(subject)
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = Path(folder) / "whole", Path(folder) / "parts"
        uninterrupted = trainee.fit(whole, _STEPS)
        trainee.fit(parts, _STEPS // 2)
        resumed = trainee.fit(parts, _STEPS, resume="last")
        difference = first_difference(state_of(uninterrupted), state_of(resumed))
        require(difference is None, f"a resumed run differs in {difference}")
        same = uninterrupted.metrics.read_bytes() == resumed.metrics.read_bytes()
        require(same, "the metrics.csv of a resumed run differs")


def makes_the_samples_it_is_asked_for(subject: Subject) -> None:
    """Samples are finite and of the data's shape; sample i is the same however many are made."""
    with tempfile.TemporaryDirectory() as folder:
        module, sources = _trainee(subject).drawn_from(Path(folder))
    networks = module.networks()
    few, many = (
        torch.cat(list(draw_samples(module.game, networks, count, seed=0, sources=sources))) for count in (3, 70)
    )
    wanted = (70, *module.game.data.shape)
    require(many.shape == wanted, f"expected samples of shape {wanted}, got {tuple(many.shape)}")
    require(bool(many.isfinite().all()), "samples are not finite")
    require(torch.equal(few, many[:3]), "sample 0 of 3 is not sample 0 of 70")
    require(not torch.equal(many[0], many[1]), "all samples are the same")


def trains_on_two_processes_as_on_one(subject: Subject) -> None:
    """Two processes with half a batch each end with the weights of one with the whole batch, to 1e-6.

    Plain gradient descent is used, because Adam magnifies rounding where gradients are nearly zero.
    """
    sections = {**subject.settings, "optimizers": {player.name: _SGD for player in subject.component.players}}
    with tempfile.TemporaryDirectory() as folder:
        one = Trainee(subject.component, sections).fit(Path(folder) / "one", _STEPS)
        two = fit_on_two_processes(subject.component, sections, Path(folder) / "two", _STEPS)
        ours, theirs = (state_of(run)["state_dict"] for run in (one, two))
    difference = first_difference(ours, theirs, _TOLERANCE)
    require(difference is None, f"two processes end with another {difference} than one")


PROMISES: tuple[Promise, ...] = (
    has_phases_for_every_player,
    trains_all_players_and_nothing_else,
    repeats_itself_bit_by_bit,
    resumes_as_if_never_stopped,
    makes_the_samples_it_is_asked_for,
)

#: What takes long enough to be checked less often.
SLOW_PROMISES: tuple[Promise, ...] = (trains_on_two_processes_as_on_one,)


def _trainee(subject: Subject) -> Trainee:
    return Trainee(subject.component, subject.settings)
