"""A whole training, scored at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.data.drawing import draw
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.fit import fit
from gan_lightning.metrics.evaluator import Result
from gan_lightning.recipe.build import Builder
from gan_lightning.recipe.options import OptionError, check_options
from gan_lightning.recipe.schema import Component, EvaluateSection
from gan_lightning.run import Run
from gan_lightning.sampling import sources_of
from gan_lightning.study.measures.base import Direction, Measure, Measured, Setting
from gan_lightning.trained import Trained, load

#: What the scores depend on besides data and generator; told in the report.
_TOLD = ("real_count", "fake_count", "generator", "extractor", "weights_sha256", "resize", "fingerprint")


@dataclass(frozen=True)
class Training(Measure):
    """The variant is trained by its recipe, and the generator that comes out in the end is scored.

    The last generator, not the best: the budget is the same for all, and picking would need scores of its own.

    Args:
        metrics: Scores, as in a recipe: a name, or ``{name: ..., options}``.
        extractor: The network whose features are compared, likewise; null for points.
        samples: Generated samples that are scored.
        strip: Samples in the report's picture.
    """

    metrics: list[Any] = field(default_factory=list)
    extractor: Any = None
    samples: int = 1000
    strip: int = 10

    def values(self, catalog: Catalog, where: str) -> tuple[str, ...]:
        """Return the names of its scores' values."""
        if self.extractor is not None:
            _component("extractor", self.extractor, f"{where}.extractor", catalog)
        found = [_component("metric", part, f"{where}.metrics", catalog) for part in self.metrics]
        return tuple(value for part in found for value in catalog.find("metric", part.name).component.better)

    def __call__(self, setting: Setting) -> Measured:
        """Measure; see `Measure`."""
        recipe = setting.recipe
        run = Run(setting.folder / "run")
        recipe = replace(recipe, evaluate=None, run=replace(recipe.run, dir=run.folder))
        fit(recipe, setting.catalog, resume="last" if run.last.is_file() else None, overwrite=True)
        trained = load(run.last, setting.catalog)
        builder = Builder(recipe, setting.catalog)
        data = builder.samples(setting.cache)
        results = self._results(builder, trained, data, setting)
        values = {name: value for result in results for name, value in result.values.items()}
        better: dict[str, Direction] = {name: way for result in results for name, way in result.better.items()}  # type: ignore[misc]
        protocol = {name: value for result in results for name, value in result.protocol.as_dict().items()}
        facts = {name: protocol[name] for name in _TOLD if protocol.get(name) is not None}
        return Measured(values, better, (), {**facts, "updates": trained.updates}, self._draw(trained, data, setting))

    def _results(self, builder: Builder, trained: Trained, data: Samples, setting: Setting) -> list[Result]:
        metrics = [_component("metric", part, "metrics", setting.catalog) for part in self.metrics]
        extractor = (
            None if self.extractor is None else _component("extractor", self.extractor, "extractor", setting.catalog)
        )
        section = EvaluateSection(metrics, extractor, samples=self.samples)
        evaluator = builder.evaluator(section, data, setting.cache)
        sources = evaluator.sources(trained.module.game)
        return evaluator.evaluate(trained.stream(self.samples, seed=setting.recipe.seed, sources=sources), "ema")

    def _draw(self, trained: Trained, data: Samples, setting: Setting) -> str:
        images = data.kind == "images"
        count, sources = self.strip if images else self.samples, sources_of(trained.module.game, data)
        made = torch.cat(list(trained.stream(count, seed=setting.recipe.seed, sources=sources)))
        draw(data.spec, made, setting.folder / "strip.png", None if images else data.values[:1000], columns=self.strip)
        return "strip.png"


def _component(kind: str, value: Any, where: str, catalog: Catalog) -> Component:
    options = {"name": value} if isinstance(value, str) else value
    if not isinstance(options, Mapping) or not isinstance(options.get("name"), str):
        raise OptionError(where, f"expected a name, or {{name: ..., options}}, got {value!r}")
    name = options["name"]
    given = {key: part for key, part in options.items() if key != "name"}
    try:
        return Component(name, check_options(catalog.find(kind, name).component, given, where))
    except UserError as error:
        raise error if isinstance(error, OptionError) else OptionError(where, str(error)) from error
