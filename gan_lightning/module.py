"""The one LightningModule, which trains any game."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch.distributed as dist
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lightning.checkpoint import PRODUCT
from gan_lightning.compiled import refuse
from gan_lightning.data.batch import Batch
from gan_lightning.data.loader import Plan
from gan_lightning.drivers import choose_driver
from gan_lightning.ema import EMA
from gan_lightning.game import Game, Progress
from gan_lightning.guard import StepGuard
from gan_lightning.ledger import Ledger
from gan_lightning.pauses import pauses
from gan_lightning.randomness import Randomness
from gan_lightning.schedule import Binding
from gan_lightning.step import Counters, Driver, Step

# Seconds after which a training step ends, so that signals are heard and the bar moves
_PATIENCE = 0.1


class GANModule(LightningModule):
    """What Lightning trains: the step, its counters, stages and schedules, and what a checkpoint keeps.

    Training is counted in generator updates. Lightning counts every optimiser's step, so the others' steps are kept
    from its counter: ``max_steps``, checkpoint names and loggers all speak of generator updates.

    Args:
        game: Networks, players and phases.
        optimizers: For each player, a function that makes its optimiser from its parameters.
        ema: Average of the game's networks, or None.
        seed: Seed of all that is drawn in training.
        steps: Generator updates of the whole training, for schedules.
        accumulate: Batches whose gradients add up to one step.
        clip: Largest norm of a player's gradient, or None.
        bindings: Scheduled numbers; those of the optimisers come from `optimizers`.
        facts: What a checkpoint must say so that the networks can be rebuilt from it alone.

    Attributes:
        step: Plays the rounds.
    """

    def __init__(
        self,
        game: Game,
        optimizers: Mapping[str, Callable[[Sequence[nn.Parameter]], tuple[Optimizer, Sequence[Binding]]]],
        *,
        ema: EMA | None = None,
        seed: int = 0,
        steps: int = 1,
        accumulate: int = 1,
        clip: float | None = None,
        bindings: Sequence[Binding] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.game = game
        self.ema = ema
        self.step = Step(game, seed=seed, steps=steps, accumulate=accumulate, clip=clip, ema=ema)
        self._pauses: frozenset[int] = frozenset()
        self.facts = dict(facts or {})
        self._updates_before = 0
        self._make_optimizers = dict(optimizers)
        self._component_bindings = tuple(bindings)
        self._bindings: tuple[Binding, ...] = ()
        self._rates: list[float] = []
        self._lr_factors = [stage.lr_factor for stage in game.stages()]
        self._scales_rates = any(factor != 1.0 for factor in self._lr_factors)
        self._stage: int | None = None
        self._driver: Driver | None = None
        self._random: Randomness | None = None

    # --- Rounds -------------------------------------------------------------------------------------------------------

    def training_step(self, rounds: Iterator[Batch], batch_idx: int) -> None:
        """Play some rounds: one, or as many as take a tenth of a second, so that what Lightning does is rare.

        It ends at every update that a callback wants to see; see `pauses`.

        What is drawn depends on the counters alone, so it does not matter where one call ends and the next begins.
        """
        del batch_idx
        self._updates_before = self.updates
        assert self._random is not None
        patience = _PATIENCE if self._random.world == 1 else 0.0  # processes must pause together
        started = time.perf_counter()
        while True:
            self._play_round(next(rounds))
            if self._must_pause or time.perf_counter() - started > patience:
                return

    def _play_round(self, batch: Batch) -> None:
        self._begin_round()
        assert self._random is not None
        assert self._driver is not None
        batch = batch.to(self._random.device)
        self.step.play_round(batch, self.batch_size(self.images), self._random, self._driver)

    @property
    def _must_pause(self) -> bool:
        failing = self.guard is not None and self.guard.failing
        return failing or self.finished or any(self.passed(every) for every in self._pauses)

    def on_train_start(self) -> None:
        """Find out what holds for all of a training: to ask a Trainer in every round is dear."""
        self._pauses = pauses(self.trainer.callbacks)  # type: ignore[attr-defined]
        self._random = Randomness(self.step.seed, self.global_rank, self._world, self.device)
        self._driver = choose_driver(self.trainer, self, self.step)
        if self.step.compiles:
            self._check_place()
        self.ledger.to(self.device)  # a checkpoint is read before the device is known
        if self.ema is not None:
            self.ema.begin()

    def compile_turns(self) -> None:
        """Have turns compiled.

        Raises:
            UserError: A turn depends on something that would not be among the inputs of its code.
        """
        self.step.compiles = True
        if self._component_bindings:
            refuse(f"{self._component_bindings[0].where} follows a schedule")
        self.configure_optimizers()  # which are looked at, and made again when training starts

    def _check_place(self) -> None:
        assert self._random is not None
        if self._random.world > 1 or self._random.device.type != "cpu" or self.trainer.precision != "32-true":
            refuse("turns are compiled on one CPU process in float32")

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Prepare the gradient, which the precision plugin has unscaled by now."""
        self.step.prepare(optimizer)

    # --- Rounds, stages and schedules ---------------------------------------------------------------------------------

    @property
    def progress(self) -> Progress:
        """How far training is."""
        return self.step.progress

    @property
    def updates(self) -> int:
        """Generator updates made."""
        return self.step.counters.updates

    @property
    def rounds(self) -> int:
        """Rounds played."""
        return self.step.counters.rounds

    @property
    def images(self) -> int:
        """Real images seen, over all processes."""
        return self.step.counters.images

    @property
    def ledger(self) -> Ledger:
        """What has been noted since the last row of the logs."""
        return self.step.ledger

    @property
    def guard(self) -> StepGuard | None:
        """Tells which steps may be made; all are made without one."""
        return self.step.guard

    @guard.setter
    def guard(self, guard: StepGuard | None) -> None:
        self.step.guard = guard

    def passed(self, every: int) -> bool:
        """Tell whether the training step that has just ended brought the updates to a multiple, or past one."""
        return self.updates // every > self._updates_before // every

    @property
    def finished(self) -> bool:
        """Whether all updates are made; a round of several may make more than were asked for."""
        return self.updates >= self.step.steps

    def plan(self, images: int) -> Plan:
        """Return what the round that begins after `images` real images draws, over all processes."""
        return Plan(self.game.draws() * self.step.accumulate, self.batch_size(images))

    def batch_size(self, images: int) -> int:
        """Return the size of a batch, over all processes, at the stage of that moment."""
        stage = self.game.stages()[self.game.stage_at(images)]
        return stage.batch_size or self.game.batch_size

    @property
    def _world(self) -> int:
        return self.trainer.world_size

    def _begin_round(self) -> None:
        stage = self.game.stage_at(self.images)
        if stage != self._stage:
            self._enter(stage, first=self._stage is None)
        factor = self._lr_factors[stage]
        if self.guard is not None:
            factor *= self.guard.learning_rate_factor
        groups = self._groups() if factor != 1.0 or self._scales_rates else []
        for group, rate in zip(groups, self._rates, strict=False):
            group["lr"] = rate
        for binding in self._bindings:
            binding.apply(self.progress)
        for group in groups:
            group["lr"] *= factor

    def _enter(self, stage: int, *, first: bool) -> None:
        forgetful = self.game.enter(stage)
        if not first:
            for name in forgetful:
                self.step.optimizers[name].state.clear()
        self._stage = stage

    # --- Lightning ----------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> list[Optimizer]:
        """Make one optimiser for each player, in the players' order."""
        weights = {player.name: self.game.parameters_of(player) for player in self.game.players}
        made = {name: self._make_optimizers[name](weights[name]) for name in weights}
        self.step.begin({name: optimizer for name, (optimizer, _) in made.items()})
        scheduled = [binding for _, bindings in made.values() for binding in bindings]
        self._bindings = (*self._component_bindings, *scheduled)
        self._rates = [group["lr"] for group in self._groups()]
        return list(self.step.optimizers.values())

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.step.optimizers.values() for group in optimizer.param_groups]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the counters, which everything drawn is a function of, and what rebuilds the networks."""
        checkpoint[PRODUCT] = self.facts
        checkpoint["progress"] = asdict(self.step.counters)
        checkpoint["stage"] = self._stage
        checkpoint["ledgers"] = self._ledgers()
        if self.guard is not None:
            checkpoint["guard"] = self.guard.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from the counters of a checkpoint."""
        self.step.counters = Counters(**checkpoint["progress"])
        self._stage = checkpoint["stage"]
        ledgers = checkpoint["ledgers"]
        if self._trainer is not None and len(ledgers) == self._world:
            self.ledger.restore(ledgers[self.global_rank])
        if self._stage is not None:
            self.game.enter(self._stage)
        if self.guard is not None and "guard" in checkpoint:
            self.guard.restore(checkpoint["guard"])

    def _ledgers(self) -> list[dict[str, Tensor]]:
        """Return what each process has noted since the last row of the logs."""
        ledgers = [self.ledger.state()]
        if self._world > 1:
            ledgers *= self._world
            dist.all_gather_object(ledgers, self.ledger.state())
        return ledgers

    # --- Sampling -----------------------------------------------------------------------------------------------------

    def networks(self, *, averaged: bool = True) -> dict[str, nn.Module]:
        """Return the game's networks by name as they are now, averaged ones in place of those that have an average."""
        networks = dict(self.game.networks.items())
        if averaged and self.ema is not None:
            networks.update(self.ema.networks.items())
        self.game.adapt(networks, self.images)
        return networks
