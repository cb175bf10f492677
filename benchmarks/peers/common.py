"""What every peer is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from benchmarks.stopwatch import Stopwatch
from benchmarks.works import Work
from gan_lightning.catalog import Catalog
from gan_lightning.data.samples import to_network
from gan_lightning.game import Game
from gan_lightning.performance import forget_nvml_check
from gan_lightning.recipe import check
from gan_lightning.recipe.build import Builder
from gan_lightning.run import cache_folder


class Material:
    """A work's samples, numbers and networks.

    Args:
        work: The work.
    """

    def __init__(self, work: Work) -> None:
        self.builder = Builder(check(work.recipe, Catalog.installed()), Catalog.installed())
        forget_nvml_check()  # nobody who trains with a peer imports Lightning
        self.updates = 2 * work.updates
        self.samples = self.builder.samples(cache_folder())
        self.n_dis = self.builder.recipe.game.options["n_dis"]
        adam = self.builder.recipe.optimizers["generator"].options
        self.adam: dict[str, Any] = {"lr": adam["lr"], "betas": adam["betas"]}
        self.stopwatch = Stopwatch(work.updates)

    def loader(self) -> DataLoader[Any]:
        """Return one epoch that is as long as the whole training, so that nothing a peer does between epochs counts."""
        data = TensorDataset(to_network(self.samples.values[:]), torch.zeros(len(self.samples), dtype=torch.long))
        batch = self.builder.recipe.data.batch_size
        count = batch * self.n_dis * self.updates
        return DataLoader(data, batch, sampler=RandomSampler(data, replacement=True, num_samples=count))

    def game(self) -> Game:
        """Return the work's own networks."""
        return self.builder.game(self.samples.spec)

    def watch(self, optimizer: torch.optim.Optimizer) -> None:
        """Time the generator's updates."""
        optimizer.register_step_post_hook(self._counter())

    def _counter(self) -> Callable[..., None]:
        made = 0

        def count(*_: Any) -> None:
            nonlocal made
            made += 1
            self.stopwatch.reached(made)

        return count
