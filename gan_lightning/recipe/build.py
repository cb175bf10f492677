"""From a checked recipe to the things it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.data.samples import Samples
from gan_lightning.data.spec import DataSpec
from gan_lightning.ema import EMA
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts
from gan_lightning.module import GANModule
from gan_lightning.randomness import mix
from gan_lightning.recipe.optimizers import optimizer_maker
from gan_lightning.recipe.options import OptionError
from gan_lightning.recipe.schema import Component, EvaluateSection, Recipe
from gan_lightning.schedule import Binding, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan_lightning.metrics.evaluator import Evaluator


class Builder:
    """Builds what a recipe names.

    Args:
        recipe: The recipe.
        catalog: The components there are.
    """

    def __init__(self, recipe: Recipe, catalog: Catalog) -> None:
        self.recipe = recipe
        self.catalog = catalog
        self.bindings: list[Binding] = []

    def samples(self, cache: Path) -> Samples:
        """Load the data."""
        dataset = self._make("dataset", self.recipe.data.component, "data")
        return dataset.load(cache)  # type: ignore[no-any-return]

    def judged(self, samples: Samples, cache: Path) -> Samples:
        """Return the data that generated samples are compared with: `samples`, unless `evaluate.data` says otherwise.

        Raises:
            UserError: They have another shape.
        """
        changes = {} if self.recipe.evaluate is None else self.recipe.evaluate.data
        if not changes:
            return samples
        part = self.recipe.data.component
        dataset = self._make("dataset", Component(part.name, {**part.options, **changes}), "evaluate.data")
        found: Samples = dataset.load(cache)
        if found.spec.shape != samples.spec.shape or found.spec.partners != samples.spec.partners:
            raise UserError(f"evaluate.data: {found.name} is then {found.spec}, but {samples.spec} in training")
        return found

    def module(self, data: DataSpec) -> GANModule:
        """Build the module that plays the game on data of that shape, with freshly initialised networks."""
        recipe = self.recipe
        game = self.game(data)
        averaged = {name: game.networks[name] for name in game.averaged}
        return GANModule(
            game,
            {
                player: optimizer_maker(part, f"optimizers.{player}", game.regular_share(player))
                for player, part in recipe.optimizers.items()
            },
            ema=None if recipe.ema is None else self._construct(EMA, vars(recipe.ema), "ema", averaged),
            seed=recipe.seed,
            steps=recipe.train.steps,
            accumulate=recipe.train.accumulate,
            clip=recipe.train.clip,
            bindings=self.bindings,
            facts={"recipe": recipe.as_dict(), "data": data.as_dict(), "plugins": self._plugins()},
        )

    def game(self, data: DataSpec) -> Game:
        """Build the game. Weights are drawn from the recipe's seed, whatever was drawn before."""
        recipe = self.recipe
        parts = Parts(
            data,
            recipe.data.batch_size,
            {role: self._network(role, part) for role, part in recipe.architecture.items()},
            None if recipe.loss is None else self._make("loss", recipe.loss, "loss"),
            self._named("penalty", recipe.penalties, "penalties"),
            self._named("augmentation", recipe.augment, "augment"),
            None if recipe.loss is None else recipe.loss.name,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(mix(recipe.seed, "weights"))
            return self._make("game", recipe.game, "game", parts)  # type: ignore[no-any-return]

    def evaluator(self, section: EvaluateSection, samples: Samples, cache: Path) -> Evaluator:
        """Build what scores generated samples against `samples`."""
        from gan_lightning.metrics.evaluator import Evaluator

        extractor = None
        if section.extractor is not None:
            extractor = self._make("extractor", section.extractor, "evaluate.extractor")
        scores = self._named("metric", section.metrics, "evaluate.metrics")
        drawn: dict[str, Any] = {"truncation": section.truncation, "standing": section.standing}
        return Evaluator(samples, extractor, scores, section.samples, self.recipe.seed, cache, **drawn)

    def _plugins(self) -> dict[str, str]:
        """Return the versions of all plugins that could have had a part in this."""
        return {plugin.name: f"{plugin.distribution} {plugin.version}" for plugin in self.catalog.working()}

    def _named(self, kind: str, parts: list[Component], where: str) -> dict[str, Any]:
        return {part.name: self._make(kind, part, f"{where}.{part.name}") for part in parts}

    def _network(self, role: str, part: Component) -> Callable[[DataSpec, int], nn.Module]:
        network = self.catalog.find("architecture", part.name).component.roles[role]
        return partial(self._construct, network, part.options, f"architecture.{role}")

    def _make(self, kind: str, part: Component, where: str, *given: Any) -> Any:
        return self._construct(self.catalog.find(kind, part.name).component, part.options, where, *given)

    def _construct(self, make: Callable[..., Any], options: Mapping[str, Any], where: str, *given: Any) -> Any:
        """Construct a component with the scheduled numbers at their start, and bind the schedules to it."""
        schedules = {name: value for name, value in options.items() if isinstance(value, Schedule)}
        now = {**options, **{name: schedule.start for name, schedule in schedules.items()}}
        with _blamed_on(where):
            component = make(*given, **now)
        for name, schedule in schedules.items():
            _check_attribute(component, name, where)
            self.bindings.append(Binding(f"{where}.{name}", schedule, partial(object.__setattr__, component, name)))
        return component


@contextmanager
def _blamed_on(where: str) -> Iterator[None]:
    """Let what a constructor says against its options begin with the place in the recipe."""
    try:
        yield
    except OptionError:
        raise  # it has been blamed on what is constructed inside
    except (UserError, ValueError, RuntimeError) as error:
        said = str(error)
        if said.startswith(where.partition(".")[0]):
            raise UserError(said) from error
        raise OptionError(where, said) from error


def _check_attribute(component: Any, name: str, where: str) -> None:
    if not hasattr(component, name):
        kind = type(component).__name__
        raise UserError(f"{where}.{name}: {kind} takes this number once and cannot follow a schedule")
