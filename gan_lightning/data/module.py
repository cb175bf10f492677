"""The data of a run, as Lightning asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import torch
from lightning.pytorch import LightningDataModule

from gan_lightning.data.batch import Batch
from gan_lightning.data.loader import RoundLoader, Share
from gan_lightning.data.samples import Samples
from gan_lightning.module import GANModule


class Rounds:
    """Hands one iterator over rounds to every training step, which takes as many as it likes.

    Lightning fetches a batch ahead; since that is the iterator itself, no round is taken before it is played.
    """

    def __init__(self, loader: RoundLoader) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Iterator[Batch]]:
        return repeat(iter(self._loader))


class RoundData(LightningDataModule):
    """Serves the real samples of every round from where the module's counters stand.

    Args:
        samples: The data.
        seed: Seed of the order and the flips.
        flip: Whether to mirror images.
        memory_format: How images are laid out for the networks.
    """

    def __init__(self, samples: Samples, seed: int, *, flip: bool, memory_format: torch.memory_format) -> None:
        super().__init__()
        self.samples = samples
        self.seed = seed
        self.flip = flip
        self.memory_format = memory_format

    def train_dataloader(self) -> Rounds:
        """Return the endless rounds; they begin where the checkpoint that was loaded ended."""
        assert self.trainer is not None
        module = self.trainer.lightning_module
        assert isinstance(module, GANModule)
        loader = RoundLoader(
            self.samples,
            module.plan,
            self.seed,
            start=module.images,
            share=Share(self.trainer.global_rank, self.trainer.world_size),
            flip=self.flip,
            memory_format=self.memory_format,
        )
        return Rounds(loader)
