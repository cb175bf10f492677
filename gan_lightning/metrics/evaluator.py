"""Scores generated samples against real ones, with or without a trainer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan_lightning.components import Extracted, Extractor
from gan_lightning.data.samples import Samples, Values, to_bytes, to_network
from gan_lightning.data.wrapped import Chosen
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.checks import require_option
from gan_lightning.metrics.collect import CHOICE, chosen_rows, collected
from gan_lightning.metrics.feature_cache import cached_features
from gan_lightning.metrics.protocol import Protocol
from gan_lightning.metrics.score import EXTRACTED, Score
from gan_lightning.sampling import evaluating, sources_of

_CHUNK = 1024  # real samples that are read, or given to a score, at once...
_CHUNK_BYTES = 64 << 20  # ...unless they have more bytes than this


@dataclass(frozen=True)
class Result:
    """What one metric says.

    Args:
        name: The metric's name in the recipe.
        values: Each value by name.
        better: For each value, whether ``"lower"`` or ``"higher"`` is better.
        protocol: What the values depend on.
    """

    name: str
    values: Mapping[str, float]
    better: Mapping[str, str]
    protocol: Protocol


@dataclass(frozen=True)
class Look:
    """What scores see of a batch of generated samples, on the CPU.

    Args:
        count: Samples in the batch.
        views: What scores see by the names of `View`, each as far as a score sees it.
    """

    count: int
    views: Mapping[str, Tensor | None]


class Evaluator:
    """Compares generated samples with one set of real ones, as often as wanted.

    Real samples are extracted once and kept on disk; each generated batch is extracted once for all scores. Scores
    are computed on the CPU, in float64, by this process alone. No random number is drawn from a global generator.

    Args:
        data: Real samples.
        extractor: Turns images into features and logits; None for points, whose features are their coordinates.
        scores: Metrics by their names in the recipe.
        count: Number of generated samples, and of real ones if there are as many; else all real ones are taken.
        seed: Seed that the generated samples are drawn with, for the record.
        cache: Folder that outlives the run.
        device: Where images are extracted.
        truncation: How typical the samples are asked to be, for the record; see `Protocol`.
        standing: What the samples' batch statistics are, for the record; see `Protocol`.

    Raises:
        UserError: If extractor, scores and data do not fit each other.
    """

    def __init__(
        self,
        data: Samples,
        extractor: Extractor | None,
        scores: dict[str, Score],
        count: int,
        seed: int,
        cache: Path,
        device: torch.device | str = "cpu",
        *,
        truncation: float | None = None,
        standing: int | None = None,
    ) -> None:
        require_option("evaluate.samples", count, 1)
        _require_fitting(data, extractor, scores)
        self.data, self.extractor, self.scores = data, extractor, scores
        self.count, self.seed, self.cache, self.device = count, seed, cache, torch.device(device)
        self.truncation, self.standing = truncation, standing
        self.real_count = min(count, len(data))
        for score in scores.values():
            # This process sees all samples; gathering would wait for processes that do not evaluate
            score.distributed_available_fn = _alone
            score.prepare(data, count)

    def evaluate(self, fakes: Iterable[Tensor], generator: str) -> list[Result]:
        """Score generated samples.

        Args:
            fakes: Batches as generators make them: images in [-1, 1], which are rounded to bytes before extraction,
                or points. Reading stops after `count` samples; the protocol states how many there were.
            generator: ``"ema"``, ``"raw"`` or ``"folder"``.

        Raises:
            UserError: If there are no samples, or they or a score are not finite.
        """
        return self.judge(self.look(_first(self.count, fakes)), generator)

    @torch.no_grad()
    def look(self, fakes: Iterable[Tensor]) -> Iterator[Look]:
        """Extract batches of generated samples, in any process.

        Raises:
            UserError: If there are samples that are not finite.
        """
        seen = {score.sees for score in self.scores.values()}
        for batch in fakes:
            batch = batch.to(self.device)
            if not bool(torch.isfinite(batch).all()):
                msg = "the generator made NaN or infinite samples, so there is no score; see guard in the recipe"
                raise UserError(msg)
            views = self._views(batch, self._extract(to_bytes(batch) if self.data.kind == "images" else batch))
            yield Look(len(batch), {name: view for name, view in views.items() if name in seen})

    def sources(self, game: Game) -> Values | None:
        """Return what a game that is `Translating` makes samples from: in pairs, those of the real samples in turn.

        Raises:
            UserError: The data have no source.
        """
        values = sources_of(game, self.data)
        if values is None or not self.data.partners["source"].paired:
            return values
        return Chosen(values, self._choice)

    @torch.no_grad()
    def meet(self, game: Game, networks: Mapping[str, nn.Module]) -> None:
        """Let scores that ask networks have a game's, by name, in every process."""
        asking = [score for score in self.scores.values() if score.asks_networks]
        with evaluating(networks) if asking else nullcontext():
            for score in asking:
                score.meet(game, networks)

    def judge(self, looks: Iterable[Look], generator: str) -> list[Result]:
        """Score what has been extracted; see `evaluate`."""
        with torch.no_grad():
            for name, score in self.scores.items():
                score.reset()
                for state, value in self._real_states[name].items():
                    setattr(score, state, _copied(value))
            seen = self._take(looks)
            results = [self._result(name, score, seen, generator) for name, score in self.scores.items()]
            for score in self.scores.values():
                score.reset()
        return results

    def _take(self, looks: Iterable[Look]) -> int:
        seen = 0
        for look in looks:
            self._update(look.views, real=False)
            seen += look.count
        if not seen:
            msg = f"there are no generated samples to evaluate, expected {self.count}"
            raise UserError(msg)
        return seen

    @cached_property
    def _real_states(self) -> dict[str, dict[str, Any]]:
        """What each score keeps of the real side, taken in once."""
        extracted = self._real_features()
        for start in range(0, self.real_count, self._chunk):
            rows = slice(start, start + self._chunk)
            logits = None if extracted is None or extracted.logits is None else extracted.logits[rows]
            part = None if extracted is None else Extracted(extracted.features[rows], logits)
            self._update(self._views(self._real_samples(rows), part), real=True)
        return {
            name: {state: _copied(value) for state, value in score.metric_state.items()}
            for name, score in self.scores.items()
        }

    @cached_property
    def _choice(self) -> Tensor:
        return chosen_rows(self.real_count, len(self.data))

    @cached_property
    def _chunk(self) -> int:
        size = self.data.values.shape[1:].numel() * self.data.values.dtype.itemsize
        return max(1, min(_CHUNK, _CHUNK_BYTES // size))

    def _real_samples(self, rows: slice) -> Tensor | None:
        """Return real samples as networks see them, where a score looks at them: they may have to be decoded."""
        looked_at = any(score.sees not in EXTRACTED for score in self.scores.values())
        return to_network(self.data.take(self._choice[rows])) if looked_at else None

    def _real_features(self) -> Extracted | None:
        if self.extractor is None:
            return self._extract(self.data.take(self._choice)) if self.data.kind == "points" else None
        key = {
            "data": self.data.fingerprint,
            "extractor": self.extractor.protocol(),
            "transform": "uint8",
            "count": self.real_count,
            "choice": CHOICE,
        }
        return cached_features(self.cache, key, self._extract_real)

    def _extract_real(self) -> Extracted:
        chunks = (self.data.take(rows).to(self.device) for rows in torch.split(self._choice, self._chunk))
        parts = (extracted for chunk in chunks if (extracted := self._extract(chunk)) is not None)
        return collected(parts, self.real_count)

    def _extract(self, values: Tensor) -> Extracted | None:
        if self.extractor is not None:
            extracted = self.extractor(values)
            return Extracted(extracted.features.cpu(), None if extracted.logits is None else extracted.logits.cpu())
        return Extracted(values.float().cpu()) if self.data.kind == "points" else None

    def _views(self, samples: Tensor | None, extracted: Extracted | None) -> dict[str, Tensor | None]:
        features, logits = (None, None) if extracted is None else (extracted.features, extracted.logits)
        own = None if samples is None else samples.cpu()
        return {"samples": own, "pairs": own, "features": features, "logits": logits}

    def _update(self, views: Mapping[str, Tensor | None], *, real: bool) -> None:
        for name, score in self.scores.items():
            view = views[score.sees]
            if view is None:
                msg = f"metric {name!r} needs {score.sees}, and evaluate.extractor gives none"
                raise UserError(msg)
            score.update(view, real=real)

    def _result(self, name: str, score: Score, fake_count: int, generator: str) -> Result:
        values = {value: float(number) for value, number in score.compute().items()}
        infinite = [value for value, number in values.items() if not abs(number) < float("inf")]
        if infinite:
            msg = f"metric {name!r}: {infinite[0]} is {values[infinite[0]]}, so the samples have no score"
            raise UserError(msg)
        return Result(name, values, dict(score.better), self._protocol(score, fake_count, generator))

    def _protocol(self, score: Score, fake_count: int, generator: str) -> Protocol:
        protocol = Protocol(
            data=self.data.name,
            fingerprint=self.data.fingerprint,
            real_count=self.real_count,
            fake_count=fake_count,
            generator=generator,
            seed=self.seed,
            settings=score.protocol(),
            truncation=self.truncation,
            standing_statistics=self.standing,
        )
        if self.extractor is None or score.sees not in EXTRACTED:
            return protocol
        facts = self.extractor.protocol()
        named = {field: facts.pop(field, None) for field in ("extractor", "weights_sha256", "resize")}
        return replace(protocol, quantised="uint8", extractor_settings=facts, **named)


def _first(count: int, batches: Iterable[Tensor]) -> Iterator[Tensor]:
    """Yield batches until there are `count` samples, without asking for more."""
    batches = iter(batches)
    while count > 0 and (batch := next(batches, None)) is not None:
        yield batch[:count]
        count -= len(batch)


def _alone() -> bool:
    return False


def _copied(state: Any) -> Any:
    return state.clone() if isinstance(state, Tensor) else list(state)


def _require_fitting(data: Samples, extractor: Extractor | None, scores: Mapping[str, Score]) -> None:
    if extractor is not None and data.kind == "points":
        msg = f"evaluate.extractor: extractors see images, and {data.name} are points; set it to null"
        raise UserError(msg)
    blind = [name for name, score in scores.items() if score.sees in EXTRACTED]
    if extractor is None and data.kind == "images" and blind:
        msg = f"metric {blind[0]!r} needs an extractor of images; set evaluate.extractor, say to efficientnet_lite0"
        raise UserError(msg)
