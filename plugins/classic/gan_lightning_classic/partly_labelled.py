"""A data set most labels of which are kept from training, and some samples for a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import key_of
from gan_lightning.data.order import Draw, Order
from gan_lightning.data.samples import Samples
from gan_lightning.data.wrapped import Chosen, load_named
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness

UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class InTurns(Order):
    """Samples of the first and of the second half take turns, each half in an order of its own."""

    def piece_size(self, count: int) -> int:
        """Return `count`: an epoch is one piece."""
        return count

    def piece(self, index: int, count: int, draw: Draw) -> Tensor:
        """Return all samples, int64 ``[count]``."""
        del index
        half = count // 2
        first, second = (torch.randperm(half, generator=draw(part)) for part in ("first", "second"))
        return torch.stack([first, half + second], dim=1).flatten()


@dataclass(frozen=True)
class PartlyLabelled(Dataset):
    """Another data set, of which few labels are known, as semi-supervised learning has it (arXiv:1606.03498).

    A last class ``unlabelled`` is added. Every training sample stands in it once; those whose label is known stand in
    their class too, as often as makes both halves equal, and batches are half of one and half of the other. Which
    samples are held out, and whose labels are known, are functions of `choice_seed`. What is held out is the fact
    ``held_out``: values ``[M, ...]`` and labels int64 ``[M]``.

    Args:
        of: The data set, by name.
        options: Its options.
        labelled: Samples of each class whose label is known.
        held_out: Share of the samples that is kept from training.
        test: Options that make the data set give its own test samples, such as ``{split: test}``, merged with
            `options`; nothing is held out then.
        choice_seed: Seed of both choices.

    Raises:
        UserError: The share is none, or no label is to be known.
    """

    of: str = "digits"
    options: dict[str, Any] = field(default_factory=dict)
    labelled: int = 10
    held_out: float = 0.25
    test: dict[str, Any] | None = None
    choice_seed: int = 0

    origin: ClassVar[Origin | None] = Origin(
        "Salimans et al., Improved Techniques for Training GANs", 2016, "1606.03498"
    )

    def __post_init__(self) -> None:
        """Refuse choices that leave nothing."""
        if self.labelled < 1:
            raise UserError(f"labelled: expected at least 1 sample of each class, got {self.labelled}")
        if not 0 < self.held_out < 1:
            raise UserError(f"held_out: expected a share between 0 and 1, got {self.held_out:g}")

    def load(self, cache: Path) -> Samples:
        """Return the training samples twice: all of them without, and some of them with their labels.

        Raises:
            UserError: There is no such data set, it has no labels, or too few samples of a class.
        """
        samples = load_named(self.of, self.options, cache)
        labels = self._labels_of(samples)
        random = Randomness(self.choice_seed)
        order = torch.randperm(len(samples), generator=random.generator("held out"))
        held = 0 if self.test is not None else round(self.held_out * len(samples))
        training = order[held:].sort().values
        known = self._known(training, labels, random.generator)
        again = known.repeat(-(-len(training) // len(known)))[: len(training)]
        told = torch.cat([torch.full_like(training, len(samples.class_names)), labels[again]])
        facts = {**samples.facts, "held_out": self._held_out(samples, order[:held].sort().values, cache)}
        return replace(
            samples,
            values=Chosen(samples.values, torch.cat([training, again])),
            labels=told,
            name=f"{samples.name}, {self.labelled} labels a class",
            fingerprint=key_of(samples.fingerprint, self.labelled, held, self.choice_seed),
            class_names=(*samples.class_names, UNLABELLED),
            facts=facts,
            order=InTurns(),
            partners={},
        )

    def _labels_of(self, samples: Samples) -> Tensor:
        if samples.labels is None:
            raise UserError(f"data.of: {self.of} has no labels of which some could be known")
        return samples.labels

    def _known(self, training: Tensor, labels: Tensor, generator: Callable[[str], Generator]) -> Tensor:
        """Return the samples whose label is known, as many of each class."""
        shuffled = training[torch.randperm(len(training), generator=generator("labelled"))]
        chosen = [shuffled[labels[shuffled] == label][: self.labelled] for label in torch.unique(labels)]
        fewest = min(map(len, chosen))
        if fewest < self.labelled:
            raise UserError(f"data.labelled: a class has {fewest} samples for training, {self.labelled} are asked for")
        return torch.stack(chosen, dim=1).flatten()

    def _held_out(self, samples: Samples, rows: Tensor, cache: Path) -> tuple[Any, Tensor]:
        if self.test is None:
            return Chosen(samples.values, rows), self._labels_of(samples)[rows]
        tested = load_named(self.of, {**self.options, **self.test}, cache, "data.test")
        return tested.values, self._labels_of(tested)
