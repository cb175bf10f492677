"""What data sets have in common whose sources are made from the samples themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import key_of
from gan_lightning.data.samples import Partner, Samples, Values, take
from gan_lightning.data.wrapped import load_named
from gan_lightning.errors import UserError


@dataclass(frozen=True)
class Derived:
    """Images made from other images of the same numbers when they are asked for; see `Values`.

    Args:
        values: The other images.
        image: Shape of one that is made.
        make: Makes uint8 images ``[n, *image]`` from others and their numbers.
    """

    values: Values
    image: tuple[int, ...]
    make: Callable[[Tensor, Tensor], Tensor]

    @property
    def shape(self) -> torch.Size:
        """Number of images, then the shape of one."""
        return torch.Size((len(self.values), *self.image))

    @property
    def dtype(self) -> torch.dtype:
        """Bytes."""
        return torch.uint8

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        numbers = torch.arange(len(self))[rows] if isinstance(rows, slice) else rows
        return self.make(take(self.values, numbers), numbers)


@dataclass(frozen=True)
class MadeFrom(Dataset, ABC):
    """Another data set, each sample of which has a partner ``source`` that is made from it.

    Args:
        of: The data set, by name.
        options: Its options.
    """

    of: str = "digits"
    options: dict[str, Any] = field(default_factory=dict)

    def load(self, cache: Path) -> Samples:
        """Return the other data set with its sources.

        Raises:
            UserError: There is no such data set, it has no images, or none of this size can be made from them.
        """
        samples = load_named(self.of, self.options, cache)
        if samples.kind != "images":
            raise UserError(f"data.of: {samples.name} are points, expected images")
        key = key_of(type(self).__name__, samples.fingerprint, self.settings())
        return replace(samples, fingerprint=key, partners={"source": Partner(self.sources(samples))})

    @abstractmethod
    def sources(self, samples: Samples) -> Values:
        """Return what the samples shall be made from, by their numbers.

        Raises:
            UserError: The samples are of a size that it cannot be made from.
        """

    def settings(self) -> dict[str, Any]:
        """Return the options that the sources depend on."""
        return {name: value for name, value in vars(self).items() if name not in ("of", "options")}
