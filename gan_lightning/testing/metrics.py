"""What metrics promise, tried on four clusters and on a cluster far from all of them."""

from __future__ import annotations

import math
import random as python_random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_lightning.data.samples import Partner, Samples, to_bytes
from gan_lightning.metrics.score import Score
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require

_COUNT = 160
_PAIRS = 20  # they may be looked at by networks
_CLUSTERS = 4
_SPREAD = 0.1
_SIGNS = {"lower": -1.0, "higher": 1.0}


def check_metric(metric: type[Score], /, name: str = "", **settings: Any) -> None:
    """Check a metric; `settings` are options to construct it with."""
    keep_all("metric", metric, PROMISES, name, settings)


def gives_the_values_it_names(subject: Subject) -> None:
    """`compute` returns the values that `better` names, finite scalars."""
    values = _score(subject, _fakes(subject, good=True))
    better = set(subject.component.better)
    require(values.keys() == better, f"`better` names {sorted(better)}, `compute` returns {sorted(values)}")
    for name, value in values.items():
        require(math.isfinite(value), f"{name} is {value}")


def prefers_good_samples(subject: Subject) -> None:
    """Fakes that are the real samples themselves score better than ones that are far off.

    Deviations, whose names end in ``_std``, tell how sure a score is and need not differ.
    """
    good, bad = (_score(subject, _fakes(subject, good=good)) for good in (True, False))
    for name, way in subject.component.better.items():
        gain = (good[name] - bad[name]) * _SIGNS[way]
        told = f"{name}: good samples score {good[name]:.4g}, bad ones {bad[name]:.4g}, but {way} is better"
        require(gain > 0 or name.endswith("_std"), told)


def forgets_when_it_is_reset(subject: Subject) -> None:
    """After `reset` it scores as a new one does."""
    metric = _prepared(subject)
    _feed(metric, _real(subject), _fakes(subject, good=False))
    metric.reset()
    _feed(metric, _real(subject), _fakes(subject, good=True))
    _require_close(_floats(metric), _score(subject, _fakes(subject, good=True)), "after reset it gives")


def does_not_mind_how_samples_come(subject: Subject) -> None:
    """One batch or many, the score is the same to rounding."""
    metric = _prepared(subject)
    _feed(metric, _real(subject), _fakes(subject, good=True), parts=1)
    _require_close(_floats(metric), _score(subject, _fakes(subject, good=True)), "in one batch it gives")


def leaves_global_random_state_alone(subject: Subject) -> None:
    """Scoring shifts none of the random streams of torch, numpy and Python."""
    torch.manual_seed(5)
    before = (torch.get_rng_state(), np.random.get_state()[1].copy(), python_random.getstate())  # type: ignore[index, union-attr]
    _score(subject, _fakes(subject, good=True))
    require(torch.equal(before[0], torch.get_rng_state()), "it draws from torch's global stream")
    require(bool((before[1] == np.random.get_state()[1]).all()), "it draws from numpy's global stream")  # type: ignore[index]
    require(before[2] == python_random.getstate(), "it draws from Python's global stream")


PROMISES: tuple[Promise, ...] = (
    gives_the_values_it_names,
    prefers_good_samples,
    forgets_when_it_is_reset,
    does_not_mind_how_samples_come,
    leaves_global_random_state_alone,
)


def _centres() -> Tensor:
    return torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def _points() -> Tensor:
    """Return points ``[N, 2]`` around four centres, in turn."""
    return _centres()[torch.arange(_COUNT) % _CLUSTERS] + _SPREAD * Randomness(0).normal("points", _COUNT, 2)


def _features() -> Tensor:
    return torch.cat([_points(), Randomness(0).normal("features", _COUNT, 6)], dim=1)


def _logits() -> Tensor:
    """Return logits ``[N, 4]`` that are sure of each class in turn."""
    return 5.0 * torch.eye(_CLUSTERS)[torch.arange(_COUNT) % _CLUSTERS] + 0.1 * _points()[:, :1]


def _images() -> Tensor:
    """Return images ``[N, 1, 16, 16]``, each one its own."""
    return Randomness(0).uniform("images", _PAIRS, 1, 16, 16) * 2 - 1


_VIEWS: Mapping[str, tuple[Callable[[], Tensor], Callable[[Tensor], Tensor]]] = {
    "features": (_features, lambda view: view * 0.2 + 8.0),
    "logits": (_logits, lambda view: view * 0.0 + torch.tensor([3.0, 1.0, 0.0, 0.0])),
    "samples": (_points, lambda view: view * 0.2 + 8.0),
    "pairs": (_images, lambda view: view.flip(0)),
    "images": (_images, lambda view: view * 0.2),
}


def _view(subject: Subject) -> tuple[Callable[[], Tensor], Callable[[Tensor], Tensor]]:
    """Return what makes real samples for a metric, and what spoils them: of images where it is not for points."""
    sees, kinds = subject.component.sees, subject.component.kinds
    return _VIEWS["images" if sees == "samples" and "points" not in kinds else sees]


def _real(subject: Subject) -> Tensor:
    return _view(subject)[0]()


def _fakes(subject: Subject, *, good: bool) -> Tensor:
    view, spoil = _view(subject)
    return view() if good else spoil(view())


def _prepared(subject: Subject) -> Score:
    metric: Score = subject.make()
    labels = torch.arange(_COUNT) % _CLUSTERS
    names = tuple(f"mode {index}" for index in range(_CLUSTERS))
    facts = {"centres": _centres(), "spread": _SPREAD}
    data = Samples(_points(), labels, "clusters", "clusters", names, facts)
    if metric.sees == "pairs" or "points" not in metric.kinds:
        images = to_bytes(_images())
        data = replace(data, values=images, partners={"source": Partner(255 - images)})
    metric.prepare(data, len(data))
    return metric


def _feed(metric: Score, real: Tensor, fake: Tensor, parts: int = 3) -> None:
    for view, is_real in ((real, True), (fake, False)):
        for part in view.tensor_split(parts):
            metric.update(part, real=is_real)


def _score(subject: Subject, fake: Tensor) -> dict[str, float]:
    metric = _prepared(subject)
    _feed(metric, _real(subject), fake)
    return _floats(metric)


def _floats(metric: Score) -> dict[str, float]:
    return {name: float(value) for name, value in metric.compute().items()}


def _require_close(given: Mapping[str, float], wanted: Mapping[str, float], what: str) -> None:
    for name, value in wanted.items():
        close = math.isclose(given[name], value, rel_tol=1e-6, abs_tol=1e-9)
        require(close, f"{what} {name} = {given[name]!r}, a new one {value!r}")
