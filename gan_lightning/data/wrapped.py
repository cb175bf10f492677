"""Data sets that are made of another data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lightning.catalog import Catalog
from gan_lightning.data.samples import Samples, Values, take
from gan_lightning.recipe.options import check_options


def load_named(name: str, options: Mapping[str, Any], cache: Path, where: str = "data.options") -> Samples:
    """Load an installed data set.

    Args:
        name: What recipes call it.
        options: Its options, as recipes write them.
        cache: A folder that outlives the run.
        where: Place of the options in the recipe, for errors.

    Raises:
        UserError: There is no such data set, or an option is wrong.
    """
    dataset = Catalog.installed().find("dataset", name).component
    samples: Samples = dataset(**check_options(dataset, dict(options), where)).load(cache)
    return samples


@dataclass(frozen=True)
class Chosen:
    """Some of the samples of other values, in any order and as often as wanted; see `Values`.

    Args:
        values: The other values.
        rows: Which of them, int64 ``[N]``.
    """

    values: Values
    rows: Tensor

    @property
    def shape(self) -> torch.Size:
        """Number of samples, then the shape of one."""
        return torch.Size((len(self.rows), *self.values.shape[1:]))

    @property
    def dtype(self) -> torch.dtype:
        """That of the other values."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        return take(self.values, self.rows[rows])
