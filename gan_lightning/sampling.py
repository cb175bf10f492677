"""Samples by number: sample i of a seed is the same sample however many are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import torch
from torch import Tensor, nn

from gan_lightning.game import Game
from gan_lightning.layers.standing_statistics import standing_statistics
from gan_lightning.randomness import Randomness

#: Samples made at a time; a part of what a seed means, so it never changes.
CHUNK = 64


@torch.no_grad()
def draw_samples(
    game: Game,
    networks: Mapping[str, nn.Module],
    count: int,
    seed: int,
    labels: Tensor | None = None,
    *,
    truncation: float | None = None,
    standing: int | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Tensor]:
    """Yield samples ``[<= 64, *shape]`` on the CPU until there are `count`; images are in [-1, 1].

    Args:
        game: Knows how samples are made.
        networks: What makes them, by name; they are put in evaluation mode meanwhile.
        count: How many.
        seed: Names the samples.
        labels: Classes ``[count]`` of a conditional game, or None to draw them.
        truncation: How typical they shall be; None for all that the generator makes. See `Game.require_truncation`.
        standing: Forwards that batch statistics are averaged over before, each of 64 samples of any class; None for the
            running ones. See `gan_lightning.layers.standing_statistics`.
        rank: This process among `world`, which take turns with the batches. All make as many, since sharded networks
            need that, and those beyond `count` are dropped.
        world: Number of processes.

    Raises:
        UserError: The game has no such truncation.
    """
    if truncation is not None:
        game.require_truncation(networks, truncation)
    make = game.sample if truncation is None else partial(game.sample, truncation=truncation)
    device = next((weight.device for network in networks.values() for weight in network.parameters()), None)
    random = Randomness(seed, device=device or torch.device("cpu"))
    with evaluating(networks), _statistics(make, networks, random, standing):
        for first in range(0, count, CHUNK * world):
            start = first + CHUNK * rank
            wanted = None if labels is None else _padded(labels[start : start + CHUNK]).to(random.device)
            at = random.at("sample", start // CHUNK)
            with at.layers():
                made = make(networks, CHUNK, at, wanted)
            if start < count:
                yield made[: count - start].float().cpu()


@contextmanager
def evaluating(networks: Mapping[str, nn.Module]) -> Iterator[None]:
    """Put networks, by name, in evaluation mode meanwhile."""
    modes = {name: network.training for name, network in networks.items()}
    try:
        for network in networks.values():
            network.eval()
        yield
    finally:
        for name, network in networks.items():
            network.train(modes[name])


def _statistics(
    make: Callable[..., Tensor], networks: Mapping[str, nn.Module], random: Randomness, standing: int | None
) -> AbstractContextManager[None]:
    if standing is None:
        return nullcontext()

    def forward(index: int) -> Tensor:
        return make(networks, CHUNK, random.at("standing", index))

    return standing_statistics(nn.ModuleDict(dict(networks)), forward, standing)


def _padded(labels: Tensor) -> Tensor:
    return torch.cat([labels, labels.new_zeros(CHUNK - len(labels))])
