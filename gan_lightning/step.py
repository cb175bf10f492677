"""The adversarial step: any game, played turn by turn. `GANModule` is what Lightning sees of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from gan_lightning.compiled import CompiledTurn, check_compilable
from gan_lightning.data.batch import Batch
from gan_lightning.ema import EMA
from gan_lightning.game import Game, Phase, Play, Progress, total
from gan_lightning.guard import StepGuard
from gan_lightning.ledger import Ledger
from gan_lightning.randomness import Randomness, mix


@dataclass
class Counters:
    """How far training is; everything that is drawn is a function of it."""

    updates: int = 0
    rounds: int = 0
    images: int = 0


class Driver(Protocol):
    """How gradients are computed and optimisers step: by way of Lightning, or directly where that is the same."""

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss to the weights' own."""
        ...

    def step(self, optimizer: Optimizer, *, counts: bool) -> None:
        """Call `Step.prepare` once gradients are what they will be, and make the step, counted or not."""
        ...

    def count(self) -> None:
        """Count a step that was made elsewhere."""
        ...


class Step:
    """Plays rounds: for every phase that is due, its player alone minimises its terms.

    Args:
        game: Networks, players and phases.
        seed: Seed of all that is drawn in training.
        steps: Generator updates of the whole training.
        accumulate: Batches whose gradients add up to one step.
        clip: Largest norm of a player's gradient, or None.
        ema: Average of the game's networks, or None.

    Attributes:
        guard: Tells which steps may be made; all are made without one.
        watch_every: Generator updates between two rounds in which distributions and gradients are noted, or None.
        compiles: Whether turns are compiled, but for those in the rounds that are watched.
    """

    def __init__(
        self, game: Game, *, seed: int, steps: int, accumulate: int, clip: float | None, ema: EMA | None
    ) -> None:
        self.game = game
        self.seed = seed
        self.steps = steps
        self.accumulate = accumulate
        self.clip = clip
        self.ema = ema
        self.counters = Counters()
        self.ledger = Ledger()
        self.guard: StepGuard | None = None
        self.watch_every: int | None = None
        self.compiles = False
        self._compiled: dict[tuple[str, ...], CompiledTurn] = {}
        self.optimizers: dict[str, Optimizer] = {}
        self.weights: dict[str, list[nn.Parameter]] = {}
        self._turn: str | None = None
        self._label = ""

    def begin(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Take the players' optimisers, whose networks are by now where they will be trained."""
        self.optimizers = dict(optimizers)
        self.weights = {player.name: self.game.parameters_of(player) for player in self.game.players}
        self._turn = None
        self._compiled.clear()
        if self.compiles:
            check_compilable(self.game, self.optimizers, accumulate=self.accumulate, clip=self.clip)

    @property
    def progress(self) -> Progress:
        """How far training is."""
        counters = self.counters
        return Progress(counters.updates, counters.rounds, counters.images, self.steps)

    def play_round(self, batch: Batch, batch_size: int, random: Randomness, driver: Driver) -> None:
        """Play a round.

        Args:
            batch: This process's real samples of all its turns.
            batch_size: Samples in a turn's batch, over all processes.
            random: The stream of the run.
            driver: Computes gradients and makes steps.
        """
        counters, progress = self.counters, self.progress
        _seed_layers(mix(self.seed, "layers", counters.rounds, random.rank), random.device)
        self.ledger.watching = self._is_watched()
        random = random.at("round", counters.rounds)
        reals = iter(batch.split(batch_size // random.world))
        drawn, untouched = list(islice(reals, self.accumulate)), True
        for index, phase in enumerate(self.game.phases()):
            if counters.rounds % phase.every:
                continue
            for turn in range(phase.turns):
                if phase.fresh and not untouched:
                    drawn = list(islice(reals, self.accumulate))
                untouched = untouched and not phase.fresh
                at = random.at(index, turn)
                if self.compiles and not self.ledger.watching:
                    self._take_compiled_turn(phase, drawn[0], at.at(0), driver)
                else:
                    self._take_turn(phase, drawn, at, progress, driver)
                if phase.counts:
                    self._count_update(batch_size)
        counters.rounds += 1
        counters.images += self.game.draws() * self.accumulate * batch_size

    def _is_watched(self) -> bool:
        """Tell whether the round that begins brings the updates to a multiple of `watch_every`, or past one."""
        if self.watch_every is None:
            return False
        updates = self.counters.updates
        return (updates + self.game.updates_per_round()) // self.watch_every > updates // self.watch_every

    def _take_turn(
        self, phase: Phase, batches: Sequence[Batch], random: Randomness, progress: Progress, driver: Driver
    ) -> None:
        self._freeze_all_but(phase.player)
        self._label = phase.label
        weights = self.weights[phase.player]
        for weight in weights:
            weight.grad = None
        factor = phase.gain / self.accumulate
        for micro, batch in enumerate(batches):
            play = self.game.play(phase, batch, random.at(micro), progress)
            losses = phase.losses(play)
            loss = total(losses)
            driver.backward(loss if factor == 1.0 else loss * factor)
            if self.guard is not None:
                self.guard.heed(loss, weights, shared=random.world > 1)
            self._note(phase, play, losses)
            self.game.after_batch(play)
            if micro < len(batches) - 1:
                play.forget()
        driver.step(self.optimizers[phase.player], counts=phase.counts)
        self.game.after_step(play)
        play.forget()

    def _take_compiled_turn(self, phase: Phase, batch: Batch, random: Randomness, driver: Driver) -> None:
        """Take a turn in which nobody looks at more than losses."""
        key = (phase.player, *phase.terms)
        if key not in self._compiled:
            guarded = self.guard is not None and self.guard.skips
            optimizer = cast(Adam, self.optimizers[phase.player])
            self._compiled[key] = CompiledTurn(self.game, phase, optimizer, guarded=guarded)
        outcome = self._compiled[key](batch, random)
        for name, loss in outcome.losses.items():
            self.ledger.add(f"{phase.player}/{name}", loss)
        if self.guard is not None:
            self.guard.note(phase.player, skipped=outcome.skipped)
        if phase.counts:
            driver.count()

    def _count_update(self, batch_size: int) -> None:
        counters = self.counters
        counters.updates += 1
        if self.ema is not None:
            generated = self.game.generated(batch_size) * self.accumulate
            self.ema.update(updates=counters.updates, batch=generated, images=counters.images)

    def prepare(self, optimizer: Optimizer) -> None:
        """Guard the step, clip and note the norm of the gradient, which has been averaged and unscaled by now."""
        weights = self.weights[str(self._turn)]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if self.guard is not None and not self.guard.passes(str(self._turn), gradients, optimizer):
            optimizer.zero_grad()  # an optimiser leaves weights without gradients, and their states, alone
            return
        if self.clip is None and not self.ledger.watching:
            return
        norm = nn.utils.get_total_norm(gradients)
        if self.clip is not None:
            nn.utils.clip_grads_with_norm_(weights, self.clip, norm)
        self.ledger.add(f"{self._label}/gradient_norm", norm)

    def _freeze_all_but(self, name: str) -> None:
        if self._turn == name:
            return
        for player, weights in self.weights.items():
            for weight in weights:
                weight.requires_grad_(player == name)
        self._turn = name

    def _note(self, phase: Phase, play: Play, losses: Mapping[str, Tensor]) -> None:
        for name, loss in losses.items():
            self.ledger.add(f"{phase.player}/{name}", loss)
        if self.ledger.watching:
            for name, values in play.observations().items():
                self.ledger.observe(name, values)


def _seed_layers(seed: int, device: torch.device) -> None:
    """Make what layers draw by themselves, such as dropout, a function of the round and the rank too."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
