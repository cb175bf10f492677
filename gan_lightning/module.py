"""The adversarial step: one LightningModule that plays any game, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch import LightningModule
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lightning.checkpoint import PRODUCT
from gan_lightning.data.batch import Batch
from gan_lightning.data.loader import Plan
from gan_lightning.ema import EMA
from gan_lightning.game import Game, Phase, Play, Progress
from gan_lightning.guard import StepGuard
from gan_lightning.ledger import Ledger
from gan_lightning.randomness import Randomness, mix
from gan_lightning.schedule import Binding


class GANModule(LightningModule):
    """Plays a game: for every phase that is due, its player alone minimises its terms.

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
        guard: Tells which steps may be made, or None where all are made.
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
        self.seed = seed
        self.steps = steps
        self.accumulate = accumulate
        self.clip = clip
        self.facts = dict(facts or {})
        self.ledger = Ledger()
        self.guard: StepGuard | None = None
        self.updates = 0
        self.rounds = 0
        self.images = 0
        self._updates_before = 0
        self._make_optimizers = dict(optimizers)
        self._optimizers_of: dict[str, Optimizer] = {}
        self._component_bindings = tuple(bindings)
        self._bindings: tuple[Binding, ...] = ()
        self._rates: list[float] = []
        self._stage: int | None = None
        self._turn: str | None = None
        self._label = ""
        self._weights = {player.name: game.parameters_of(player) for player in game.players}

    # --- The step -----------------------------------------------------------------------------------------------------

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Play a round on the real samples of all its turns."""
        del batch_idx
        self._updates_before = self.updates
        self._begin_round()
        random = Randomness(self.seed, self.global_rank, self._world, self.device).at("round", self.rounds)
        self._seed_layers()
        progress = self.progress
        reals = iter(batch.split(self._local_batch(self.images)))
        drawn = [next(reals) for _ in range(self.accumulate)]
        untouched = True
        for index, phase in enumerate(self.game.phases()):
            if self.rounds % phase.every:
                continue
            for turn in range(phase.turns):
                if phase.fresh and not untouched:
                    drawn = [next(reals) for _ in range(self.accumulate)]
                untouched = untouched and not phase.fresh
                self._take_turn(phase, drawn, random.at(index, turn), progress)
        self.rounds += 1
        self.images += self.plan(self.images).images

    def _take_turn(self, phase: Phase, batches: Sequence[Batch], random: Randomness, progress: Progress) -> None:
        self._freeze_all_but(phase.player)
        self._label = phase.player if phase.every == 1 else f"{phase.player}/{'+'.join(phase.terms)}"
        optimizer = self._optimizers_of[phase.player]
        optimizer.zero_grad()
        for micro, batch in enumerate(batches):
            play = self.game.play(phase, batch, random.at(micro), progress)
            losses = {name: term(play) for name, term in phase.terms.items()}
            total: Tensor = sum(losses.values()) * (phase.gain / self.accumulate)  # type: ignore[assignment]
            self.manual_backward(total)
            if self.guard is not None:
                self.guard.expose(total, self._weights[phase.player])
            self._note(phase, play, losses)
        self._step(phase, optimizer)
        self.game.after_step(play)

    def _step(self, phase: Phase, optimizer: Optimizer) -> None:
        if not phase.counts:
            self.trainer.strategy.optimizer_step(optimizer, _nothing)
            return
        self._counted(phase.player).step()
        self.updates += 1
        if self.ema is not None:
            generated = self.game.generated(self.batch_size(self.images)) * self.accumulate
            self.ema.update(updates=self.updates, batch=generated, images=self.images)

    def _counted(self, player: str) -> LightningOptimizer:
        """Return the wrapper around a player's optimiser whose steps Lightning counts."""
        wrapped = self.optimizers()
        return wrapped[self._order.index(player)] if isinstance(wrapped, list) else wrapped  # type: ignore[return-value]

    def _seed_layers(self) -> None:
        """Make what layers draw by themselves, such as dropout, a function of the round and the rank too."""
        seed = mix(self.seed, "layers", self.rounds, self.global_rank)
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Guard the step, clip and note the norm of the gradient, which the precision plugin has unscaled by now."""
        if self.guard is not None and not self.guard.passes(str(self._turn), _gradients(optimizer)):
            optimizer.zero_grad()  # an optimiser leaves weights without gradients, and their states, alone
            return
        if self.clip is None and not self.ledger.watching:
            return
        weights = [weight for group in optimizer.param_groups for weight in group["params"] if weight.grad is not None]
        norm = nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
        if self.clip is not None:
            nn.utils.clip_grads_with_norm_(weights, self.clip, norm)
        self.ledger.add(f"{self._label}/gradient_norm", norm)

    def _freeze_all_but(self, name: str) -> None:
        if self._turn == name:
            return
        for player, weights in self._weights.items():
            for weight in weights:
                weight.requires_grad_(player == name)
        self._turn = name

    def _note(self, phase: Phase, play: Play, losses: Mapping[str, Tensor]) -> None:
        for name, loss in losses.items():
            self.ledger.add(f"{phase.player}/{name}", loss)
        if self.ledger.watching:
            for name, values in play.observations().items():
                self.ledger.observe(name, values)

    # --- Rounds, stages and schedules ---------------------------------------------------------------------------------

    @property
    def progress(self) -> Progress:
        """How far training is."""
        return Progress(self.updates, self.rounds, self.images, self.steps)

    def passed(self, every: int) -> bool:
        """Tell whether the round that has just ended brought the updates to a multiple of `every`, or past one."""
        return self.updates // every > self._updates_before // every

    @property
    def finished(self) -> bool:
        """Whether all updates are made; a round of several may make more than were asked for."""
        return self.updates >= self.steps

    def plan(self, images: int) -> Plan:
        """Return what the round that begins after `images` real images draws, over all processes."""
        return Plan(self.game.draws() * self.accumulate, self.batch_size(images))

    def batch_size(self, images: int) -> int:
        """Return the size of a batch, over all processes, at the stage of that moment."""
        stage = self.game.stages()[self.game.stage_at(images)]
        return stage.batch_size or self.game.batch_size

    def _local_batch(self, images: int) -> int:
        return self.batch_size(images) // self._world

    @property
    def _world(self) -> int:
        return self.trainer.world_size

    def _begin_round(self) -> None:
        stage = self.game.stage_at(self.images)
        if stage != self._stage:
            self._enter(stage, first=self._stage is None)
        factor = 1.0 if self.guard is None else self.guard.learning_rate_factor
        groups = self._groups() if factor != 1.0 else []
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
                self._optimizers_of[name].state.clear()
        self._stage = stage

    # --- Lightning ----------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> list[Optimizer]:
        """Make one optimiser for each player, in the players' order."""
        made = {name: self._make_optimizers[name](self._weights[name]) for name in self._order}
        self._optimizers_of = {name: optimizer for name, (optimizer, _) in made.items()}
        scheduled = [binding for _, bindings in made.values() for binding in bindings]
        self._bindings = (*self._component_bindings, *scheduled)
        self._rates = [group["lr"] for group in self._groups()]
        return list(self._optimizers_of.values())

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self._optimizers_of.values() for group in optimizer.param_groups]

    @property
    def _order(self) -> list[str]:
        return [player.name for player in self.game.players]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the counters, which everything drawn is a function of, and what rebuilds the networks."""
        checkpoint[PRODUCT] = self.facts
        checkpoint["progress"] = {"updates": self.updates, "rounds": self.rounds, "images": self.images}
        checkpoint["stage"] = self._stage
        checkpoint["ledgers"] = self._ledgers()
        if self.guard is not None:
            checkpoint["guard"] = self.guard.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue from the counters of a checkpoint."""
        for name, count in checkpoint["progress"].items():
            setattr(self, name, count)
        self._stage = checkpoint["stage"]
        ledgers = checkpoint["ledgers"]
        if self._trainer is not None and len(ledgers) == self._world:
            self.ledger.restore(ledgers[self.global_rank], self.device)
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
        """Return the game's networks by name, the averaged ones in place of those that have an average."""
        networks = dict(self.game.networks.items())
        if averaged and self.ema is not None:
            networks.update(self.ema.networks.items())
        return networks


def _gradients(optimizer: Optimizer) -> list[Tensor]:
    weights = (weight for group in optimizer.param_groups for weight in group["params"])
    return [weight.grad for weight in weights if weight.grad is not None]


def _nothing() -> None:
    """Stand in for the closure that the optimisers of manual optimisation do not need."""
