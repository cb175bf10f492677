"""What ``evaluate`` scores: a checkpoint's samples or a folder of images, against data named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from gan_lightning.catalog import Catalog
from gan_lightning.cli.settings import read_settings
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.errors import UserError
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.recipe.options import check_options, options_of
from gan_lightning.recipe.schema import Component, EvaluateSection
from gan_lightning.run import cache_folder
from gan_lightning.trained import Trained, load

_DEFAULT_METRICS = {"images": "fid,kid,prdc", "points": "modes"}
_CHUNK = 64
_FLAGS = {"dataset": "--data", "extractor": "--extractor", "metric": "--metrics"}


@dataclass(frozen=True)
class Request:
    """What the command line asks for; None takes the recipe's, or a default."""

    data: list[str] | None
    metrics: str | None
    extractor: list[str] | None
    samples: int | None
    seed: int
    generator: Literal["ema", "raw"]
    truncation: float | None = None
    standing: int | None = None


@dataclass(frozen=True)
class Subject:
    """Something that can be scored: generated samples and what scores them."""

    evaluator: Evaluator
    fakes: Iterable[Tensor]
    generator: str
    updates: int = 0
    images: int = 0


def open_subject(path: Path, request: Request, catalog: Catalog) -> Subject:
    """Open a checkpoint, a run folder, or a folder or zip of images.

    Raises:
        UserError: There is nothing of the kind, or no data to compare with.
    """
    if _is_trained(path):
        return _trained(load(path, catalog), request, catalog)
    return _images(path, request, catalog)


def _is_trained(path: Path) -> bool:
    return path.suffix == ".ckpt" or (path / "checkpoints").is_dir()


def _trained(trained: Trained, request: Request, catalog: Catalog) -> Subject:
    real = _load(_named("dataset", request.data, catalog) or _own_data(trained), catalog)
    if real.spec.shape != trained.data.shape:
        raise UserError(f"--data: {real.name} is {real.spec}, but the generator makes {trained.data}")
    evaluator = _evaluator(real, request, catalog, trained)
    evaluator.meet(trained.module.game, trained.module.networks(averaged=request.generator == "ema"))
    fakes = trained.stream(
        evaluator.count,
        seed=request.seed,
        truncation=evaluator.truncation,
        generator=request.generator,
        standing=evaluator.standing,
        sources=evaluator.sources(trained.module.game),
    )
    return Subject(evaluator, fakes, request.generator, trained.updates, trained.images)


def _own_data(trained: Trained) -> Component:
    """Return the data that a run compares with by itself."""
    part, section = trained.recipe.data.component, trained.recipe.evaluate
    return part if section is None else Component(part.name, {**part.options, **section.data})


def _images(path: Path, request: Request, catalog: Catalog) -> Subject:
    wanted = _named("dataset", request.data, catalog)
    if wanted is None:
        raise UserError("--data: say what to compare the images with, such as --data digits or --data path/to/images")
    for flag, value in {"--truncation": request.truncation, "--standing-statistics": request.standing}.items():
        if value is not None:
            raise UserError(f"{flag}: the images in {path} are made already; leave it out")
    real = _load(wanted, catalog)
    size = {"resolution": list(real.spec.shape[1:])} if real.kind == "images" else {}
    fake = _load(_component("dataset", "folder", {"path": str(path), "labels": False, **size}, catalog), catalog)
    evaluator = _evaluator(real, replace(request, samples=request.samples or len(fake)), catalog, None)
    chunks = (to_network(fake.values[start : start + _CHUNK]) for start in range(0, len(fake), _CHUNK))
    return Subject(evaluator, chunks, "folder")


def _evaluator(real: Samples, request: Request, catalog: Catalog, trained: Trained | None) -> Evaluator:
    section = trained.recipe.evaluate if trained else None
    if request.metrics is None and section is not None:
        metrics = section.metrics
    else:
        names = (request.metrics or _DEFAULT_METRICS[real.kind]).split(",")
        metrics = [_component("metric", name.strip(), {}, catalog) for name in names]
    extractor = _named("extractor", request.extractor, catalog) or (section.extractor if section else None)
    if extractor is None and real.kind == "images":
        extractor = _component("extractor", "efficientnet_lite0", {}, catalog)
    count = request.samples or (section.samples if section else len(real))
    scores = {part.name: catalog.find("metric", part.name).component(**part.options) for part in metrics}
    made = None if extractor is None else catalog.find("extractor", extractor.name).component(**extractor.options)
    drawn = {} if trained is None else _drawn(request, section)
    return Evaluator(real, made, scores, count, request.seed, cache_folder(), **drawn)


def _drawn(request: Request, section: EvaluateSection | None) -> dict[str, Any]:
    """Return how samples are made beside their seed: as asked for, else as the recipe has them scored."""
    asked = {"truncation": request.truncation, "standing": request.standing}
    recorded = {name: getattr(section, name, None) for name in asked}
    return {name: recorded[name] if value is None else value for name, value in asked.items()}


def _load(part: Component, catalog: Catalog) -> Samples:
    return catalog.find("dataset", part.name).component(**part.options).load(cache_folder())  # type: ignore[no-any-return]


def _named(kind: str, words: list[str] | None, catalog: Catalog) -> Component | None:
    """Read ``digits``, ``path/to/folder`` or ``name=folder path=DIR resolution=64``."""
    if not words:
        return None
    settings = [word for part in words for word in part.split() if "=" in word]
    options = read_settings(settings, "resolution=64")
    for bare in (word for part in words for word in part.split() if "=" not in word):
        is_path = kind == "dataset" and Path(bare).exists()
        options |= {"name": "folder", "path": bare} if is_path else {"name": bare}
    name = options.pop("name", None)
    if name is None:
        raise UserError(f"{_FLAGS[kind]}: name=... must be given")
    return _component(kind, name, options, catalog)


def _component(kind: str, name: str, options: dict[str, Any], catalog: Catalog) -> Component:
    component = catalog.find(kind, name).component
    defaults = {key: option.default for key, option in options_of(component).items() if not option.required}
    return Component(name, {**defaults, **check_options(component, options, _FLAGS[kind])})
