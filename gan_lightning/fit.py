"""A whole training run, from a recipe to a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import Timer
from omegaconf import OmegaConf

from gan_lightning.callbacks.checkpoints import Checkpoints
from gan_lightning.callbacks.collapse import Collapse
from gan_lightning.callbacks.diversity import Diversity
from gan_lightning.callbacks.non_finite import NonFinite
from gan_lightning.callbacks.pictures import Pictures
from gan_lightning.callbacks.saturation import Saturation
from gan_lightning.callbacks.scores import Scores
from gan_lightning.callbacks.signals import Interrupted, Signals
from gan_lightning.callbacks.verdict import RollBack
from gan_lightning.callbacks.watch import Watch
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import AtomicCheckpointIO
from gan_lightning.data.module import RoundData
from gan_lightning.data.samples import Samples
from gan_lightning.devices import check_devices, check_stages, processes
from gan_lightning.disk import replacing, told_in_one_line
from gan_lightning.errors import UserError
from gan_lightning.guard import StepGuard
from gan_lightning.loggers import build_loggers
from gan_lightning.metrics.results import truncate_results
from gan_lightning.module import GANModule
from gan_lightning.performance import Choices, bfloat16_pays, choose, forget_nvml_check, keep_memory
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.schema import Recipe
from gan_lightning.resume import Start, begin_from, roll_back
from gan_lightning.run import Run, cache_folder, is_first_process
from gan_lightning.sampling import sources_of
from gan_lightning.sharded import check_sharding
from gan_lightning.strategies import resolve_strategy
from gan_lightning.transfer import begin_with

_log = logging.getLogger("gan_lightning")


@dataclass(frozen=True)
class Outcome:
    """What a run has come to.

    Args:
        run: Where everything is.
        updates: Generator updates made.
        images: Real images seen.
        scores: Scores of the untrained and of the final generator, and the best value with its step.
    """

    run: Run
    updates: int
    images: int
    scores: Scores | None


@dataclass
class Session:
    """All that is built before anything is written, so that a mistake in a recipe leaves no trace."""

    recipe: Recipe
    samples: Samples
    judged: Samples
    module: GANModule
    guard: StepGuard
    choices: Choices
    scores: Callable[[Run], Scores] | None
    extra: list[Callback]

    @classmethod
    def prepare(cls, recipe: Recipe, catalog: Catalog, cache: Path | None = None) -> Session:
        """Load the data and build the networks.

        Raises:
            UserError: The recipe asks for something that cannot be.
        """
        forget_nvml_check()
        cache = cache or cache_folder()
        check_devices(recipe)
        check_sharding(recipe, catalog)
        builder = Builder(recipe, catalog)
        samples = builder.samples(cache)
        judged = builder.judged(samples, cache)
        choices = choose(recipe.performance, samples.kind, recipe.trainer.get("precision", "32-true"))
        if choices.allocator:
            keep_memory()
        module = builder.module(samples.spec)
        check_stages(module.game, recipe)
        module.to(memory_format=choices.memory_format)  # type: ignore[call-overload]
        if choices.compiled_turns:
            module.compile_turns()
        guard = module.guard = StepGuard(recipe.guard.patience, skips=recipe.guard.non_finite == "skip")
        if recipe.evaluate is not None and recipe.evaluate.truncation is not None:
            module.game.require_truncation(module.networks(), recipe.evaluate.truncation)
        sources_of(module.game, judged)  # if there must be some, this is the time to miss them
        scores = _scores_maker(recipe, builder, judged, cache)
        return cls(recipe, samples, judged, module, guard, choices, scores, _extra_callbacks(recipe, catalog))

    def data(self) -> RoundData:
        """Return the data as Lightning asks for them."""
        flip = self.recipe.data.flip and self.samples.kind == "images"
        return RoundData(self.samples, self.recipe.seed, flip=flip, memory_format=self.choices.memory_format)

    def trainer(self, run: Run, callbacks: list[Callback], **changes: Any) -> Trainer:
        """Return a Trainer with the recipe's arguments and what a game needs of it.

        Raises:
            UserError: Lightning finds that the arguments do not fit each other or the machine.
        """
        given = dict(self.recipe.trainer)
        given["strategy"] = resolve_strategy(given.get("strategy", "auto"), processes(given))
        given["plugins"] = [*_as_list(given.get("plugins")), AtomicCheckpointIO()]
        fixed = {
            "max_steps": self.recipe.train.steps,
            "max_epochs": -1,
            "logger": False,
            "callbacks": callbacks,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "limit_val_batches": 0,
            "use_distributed_sampler": False,
            "default_root_dir": run.folder,
        }
        try:
            trainer = Trainer(**{**given, **fixed, **changes})
        except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
            raise UserError(f"trainer: {error}") from error
        made: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        made.sort(key=lambda callback: not isinstance(callback, Timer))  # what it ends gets its checkpoint too
        return trainer


def fit(recipe: Recipe, catalog: Catalog, *, resume: str | None = None, overwrite: bool = False) -> Outcome:
    """Train.

    Args:
        recipe: What to train.
        catalog: The components there are.
        resume: ``last``, ``best`` or the path of a checkpoint to continue from.
        overwrite: Whether a run that is in the folder already may be replaced.

    Raises:
        UserError: Something is wrong with the recipe, the data, the folder or the checkpoint.
    """
    session = Session.prepare(recipe, catalog)
    run = Run(recipe.run.folder)
    start = None if resume is None else begin_from(run, resume, recipe)
    while True:
        if recipe.train.start is not None and (start is None or start.checkpoint is None):
            begin_with(session.module, recipe.train.start)
        attempt = _Attempt.of(session, run, start)
        attempt.play(session, start, overwrite=overwrite)
        verdict = attempt.verdict
        if verdict is None:
            return Outcome(run, session.module.updates, session.module.images, attempt.scores)
        start = roll_back(run, verdict, session.guard, attempt.scores, recipe)
        session = Session.prepare(recipe, catalog)


@dataclass
class _Attempt:
    """One Trainer's work, from the start or a checkpoint to the end or a roll-back."""

    run: Run
    loggers: list[Any]
    scores: Scores | None
    guards: list[NonFinite | Watch]
    signals: Signals
    trainer: Trainer

    @classmethod
    def of(cls, session: Session, run: Run, start: Start | None) -> _Attempt:
        """Build all that takes part; nothing is written."""
        recipe = session.recipe
        loggers = build_loggers(recipe.logger, run.folder, recipe.run.name)
        scores = session.scores(run) if session.scores else None
        guards: list[NonFinite | Watch] = [NonFinite(recipe.guard.patience), *_watches(session, scores)]
        signals = Signals()
        checkpoints = Checkpoints(run, recipe.checkpoint.every, recipe.checkpoint.keep, signals)
        begin = [signals] if start is None else [signals, start]
        callbacks = [*begin, *_callbacks(session, run, scores, guards), checkpoints]
        return cls(run, loggers, scores, guards, signals, session.trainer(run, callbacks, logger=loggers))

    def play(self, session: Session, start: Start | None, *, overwrite: bool) -> None:
        """Train.

        Raises:
            Interrupted: A signal has ended it, with a checkpoint.
        """
        _prepare_folder(self.run, session.recipe, start, overwrite=overwrite)
        if self.trainer.is_global_zero:
            for logger in self.loggers:
                if start is not None:
                    logger.resume(start.updates)
                logger.begin(session.recipe.as_dict())
            _log.info("performance: %s", session.choices)
            bf16 = str(session.recipe.trainer.get("precision", "")).startswith("bf16")
            if bf16 and self.trainer.strategy.root_device.type == "cpu" and not bfloat16_pays():
                _log.warning("trainer.precision: this processor is not known to gain from bf16; compare with 32-true")
        checkpoint = None if start is None else start.checkpoint
        self.trainer.fit(session.module, datamodule=session.data(), ckpt_path=checkpoint, weights_only=True)
        if self.signals.received and session.module.updates < session.recipe.train.steps:
            stopped = Interrupted(self.signals.received, self.trainer)
            if self.trainer.is_global_zero:
                _log.warning(
                    "%s: stopped at update %d; continue with: gan-lightning fit --recipe %s --resume last",
                    stopped.signal.name,
                    session.module.updates,
                    self.run.recipe,
                )
            raise stopped

    @property
    def verdict(self) -> RollBack | None:
        """What a guard has decided, if one has."""
        return next((guard.verdict for guard in self.guards if guard.verdict is not None), None)


def _prepare_folder(run: Run, recipe: Recipe, start: Start | None, *, overwrite: bool) -> None:
    """Make the run folder, or cut an existing one back to where training goes on from."""
    if not is_first_process():
        return
    with told_in_one_line(f"run.dir: {run.folder}"):
        if start is None:
            run.open(overwrite=overwrite)
        else:
            truncate_results(run.results, start.updates)
        with replacing(run.recipe) as temporary:
            OmegaConf.save(OmegaConf.create(recipe.as_dict()), temporary)


def _callbacks(
    session: Session, run: Run, scores: Scores | None, guards: Sequence[NonFinite | Watch]
) -> list[Callback]:
    """Return the callbacks in the order in which they see a round's end, before its checkpoint has all they noted."""
    recipe = session.recipe
    after_scores = [guard for guard in guards if isinstance(guard, Collapse)]
    callbacks = [*(guard for guard in guards if guard not in after_scores), *session.extra]
    if recipe.sample is not None:
        callbacks.append(Pictures(run, session.judged, recipe.sample.every, recipe.sample.count, recipe.seed))
    if scores is not None:
        callbacks.append(scores)
    return [*callbacks, *after_scores]


def _watches(session: Session, scores: Scores | None) -> list[Watch]:
    """Return what looks for a collapse, as far as the recipe asks for it."""
    recipe, guard = session.recipe, session.recipe.guard
    watches: list[Watch] = []
    if guard.diversity is not None:
        watches.append(Diversity(session.samples, guard, recipe.seed))
    if guard.vanishing is not None:
        watches.append(Saturation(guard, recipe.log.every))
    if scores is not None and scores.best is not None:
        watches.append(Collapse(scores, guard))
    return watches


def _scores_maker(recipe: Recipe, builder: Builder, samples: Samples, cache: Path) -> Callable[[Run], Scores] | None:
    section = recipe.evaluate
    if section is None:
        return None
    evaluator = builder.evaluator(section, samples, cache)
    if evaluator.extractor is not None and is_first_process():
        evaluator.extractor.protocol()  # reads the weights, so that any trouble with them comes before the run folder
    return lambda run: Scores(
        run, evaluator, every=section.every, generator=section.generator, best=section.best, seed=recipe.seed
    )


def _extra_callbacks(recipe: Recipe, catalog: Catalog) -> list[Callback]:
    return [callback for part in catalog.call("callbacks", recipe=recipe) for callback in part]


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
