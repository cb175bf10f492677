"""A data set with some of its labels made wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import key_of
from gan_lightning.data.samples import Samples
from gan_lightning.data.wrapped import load_named
from gan_lightning.errors import UserError
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness
from gan_lightning_resnet.label_noise import LabelNoise, draw_rows

_PIECE = 4096


@dataclass(frozen=True)
class NoisyLabels(LabelNoise, Dataset):
    """Another data set, with wrong labels among the right ones (Kaneko et al. 2018, arXiv:1811.11165).

    Whether the label of sample i is wrong, and which it is, are functions of the seed and of i. What is scored against
    the data does not look at labels; the right ones are kept as the fact ``clean_labels``.

    Args:
        of: The data set, by name.
        options: Its options.
        noise_seed: Seed of the noise.
    """

    of: str = "digits"
    options: dict[str, Any] = field(default_factory=dict)
    noise_seed: int = 12_345

    origin: ClassVar[Origin | None] = Origin(
        "Kaneko et al., Label-Noise Robust Generative Adversarial Networks", 2018, "1811.11165"
    )

    def load(self, cache: Path) -> Samples:
        """Return the samples, with noisy labels.

        Raises:
            UserError: There is no such data set, or it has no labels.
        """
        samples = load_named(self.of, self.options, cache)
        if samples.labels is None:
            raise UserError(f"data.of: {self.of} has no labels that could be wrong")
        matrix = self.matrix(samples.spec.classes)
        labels = draw_rows(matrix, samples.labels, _numbers(len(samples), self.noise_seed))
        facts: Mapping[str, Any] = {**samples.facts, "clean_labels": samples.labels}
        told = key_of(samples.fingerprint, matrix.tolist(), self.noise_seed)
        return replace(
            samples, labels=labels, name=f"{samples.name}, labels noisy", fingerprint=told, facts=dict(facts)
        )


def _numbers(count: int, seed: int) -> Tensor:
    """Return uniform numbers ``[count]``, number i the same whatever the count."""
    random = Randomness(seed)
    pieces = range(-(-count // _PIECE))
    return torch.cat([random.at("label noise", piece).uniform("numbers", _PIECE) for piece in pieces])[:count]
