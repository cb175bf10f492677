"""A whole training run, from a recipe to a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from omegaconf import OmegaConf

from gan_lightning.callbacks.checkpoints import Checkpoints
from gan_lightning.callbacks.pictures import Pictures
from gan_lightning.callbacks.scores import Scores
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import PRODUCT, AtomicCheckpointIO, read_checkpoint
from gan_lightning.data.module import RoundData
from gan_lightning.data.samples import Samples
from gan_lightning.devices import check_devices, processes
from gan_lightning.errors import UserError
from gan_lightning.loggers import build_loggers
from gan_lightning.metrics.results import truncate_results
from gan_lightning.module import GANModule
from gan_lightning.performance import Choices, choose, forget_nvml_check, keep_memory
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.schema import Recipe
from gan_lightning.run import Run, cache_folder, is_first_process, refuse_other_recipe
from gan_lightning.strategies import resolve_strategy

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
    module: GANModule
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
        builder = Builder(recipe, catalog)
        samples = builder.samples(cache)
        choices = choose(recipe.performance, samples.kind, recipe.trainer.get("precision", "32-true"))
        if choices.allocator:
            keep_memory()
        module = builder.module(samples.spec)
        module.to(memory_format=choices.memory_format)  # type: ignore[call-overload]
        scores = _scores_maker(recipe, builder, samples, cache)
        return cls(recipe, samples, module, choices, scores, _extra_callbacks(recipe, catalog))

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
            return Trainer(**{**given, **fixed, **changes})
        except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
            raise UserError(f"trainer: {error}") from error


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
    checkpoint = None if resume is None else run.checkpoint(resume)
    loggers = build_loggers(recipe.logger, run.folder, recipe.run.name)
    scores = session.scores(run) if session.scores else None
    trainer = session.trainer(run, _callbacks(session, run, scores), logger=loggers)
    begun = _begin(run, recipe, checkpoint, overwrite=overwrite)
    if trainer.is_global_zero:
        for logger in loggers:
            if checkpoint is not None:
                logger.resume(begun)
            logger.begin(recipe.as_dict())
        _log.info("performance: %s", session.choices)
    trainer.fit(session.module, datamodule=session.data(), ckpt_path=checkpoint, weights_only=True)
    return Outcome(run, session.module.updates, session.module.images, scores)


def _begin(run: Run, recipe: Recipe, checkpoint: Path | None, *, overwrite: bool) -> int:
    """Make the run folder, or check that a checkpoint fits the recipe; return the updates made so far."""
    mine = recipe.as_dict()
    begun = 0
    if checkpoint is not None:
        facts = read_checkpoint(checkpoint)
        refuse_other_recipe(mine, facts[PRODUCT]["recipe"], checkpoint)
        begun = facts["progress"]["updates"]
        if begun >= recipe.train.steps:
            raise UserError(f"{checkpoint} has {begun} updates already; ask for more with train.steps=...")
    if not is_first_process():
        return begun
    if checkpoint is None:
        run.open(overwrite=overwrite)
    else:
        truncate_results(run.results, begun)
    OmegaConf.save(OmegaConf.create(mine), run.recipe)
    return begun


def _callbacks(session: Session, run: Run, scores: Scores | None) -> list[Callback]:
    """Return the callbacks in the order in which they see a round's end: checkpoints last, with all that was noted."""
    recipe = session.recipe
    callbacks = list(session.extra)
    if recipe.sample is not None:
        callbacks.append(Pictures(run, session.samples, recipe.sample.every, recipe.sample.count, recipe.seed))
    if scores is not None:
        callbacks.append(scores)
    return [*callbacks, Checkpoints(run, recipe.checkpoint.every, recipe.checkpoint.keep)]


def _scores_maker(recipe: Recipe, builder: Builder, samples: Samples, cache: Path) -> Callable[[Run], Scores] | None:
    section = recipe.evaluate
    if section is None:
        return None
    evaluator = builder.evaluator(section, samples, cache)
    return lambda run: Scores(
        run, evaluator, every=section.every, generator=section.generator, best=section.best, seed=recipe.seed
    )


def _extra_callbacks(recipe: Recipe, catalog: Catalog) -> list[Callback]:
    return [callback for part in catalog.call("callbacks", recipe=recipe) for callback in part]


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
