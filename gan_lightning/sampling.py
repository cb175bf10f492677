"""Samples by number: sample i of a seed is the same sample however many are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import torch
from torch import Tensor, nn

from gan_lightning.abilities import Translating
from gan_lightning.data.samples import Samples, Values, take, to_network
from gan_lightning.errors import UserError
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
    sources: Values | None = None,
    backward: bool = False,
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
        sources: What a game that is `Translating` makes samples from; sample i is made from source i, and from the
            first again where there are no more. Other games make nothing of them.
        backward: Have sources made from samples instead.
        truncation: How typical they shall be; None for all that the generator makes. See `Game.require_truncation`.
        standing: Forwards that batch statistics are averaged over before, each of 64 samples of any class; None for the
            running ones. See `gan_lightning.layers.standing_statistics`.
        rank: This process among `world`, which take turns with the batches. All make as many, since sharded networks
            need that, and those beyond `count` are dropped.
        world: Number of processes.

    Raises:
        UserError: The game has no such truncation, or makes samples from sources and there are none.
    """
    if truncation is not None:
        game.require_truncation(networks, truncation)
    device = next((weight.device for network in networks.values() for weight in network.parameters()), None)
    random = Randomness(seed, device=device or torch.device("cpu"))
    make = _maker(game, networks, sources, backward=backward, truncation=truncation)
    with evaluating(networks), _statistics(make, networks, random, standing):
        for first in range(0, count, CHUNK * world):
            start = first + CHUNK * rank
            wanted = None if labels is None else _padded(labels[start : start + CHUNK]).to(random.device)
            at = random.at("sample", start // CHUNK)
            with at.layers():
                made = make(start, at, wanted)
            if start < count:
                yield made[: count - start].float().cpu()


def sources_of(game: Game, data: Samples) -> Values | None:
    """Return what a game that is `Translating` makes samples from, by the numbers of the data's samples if paired.

    Raises:
        UserError: The data have no partner ``source``.
    """
    if not isinstance(game, Translating):
        return None
    if "source" not in data.partners:
        raise UserError(
            f"data: {type(game).__name__} makes images from images, and {data.name} has none to make them from; take "
            "data with a source, such as paired_folder or unpaired_folders"
        )
    return data.partners["source"].values


#: Makes the samples from a number on, given what they are drawn from and their classes.
_Make = Callable[[int, Randomness, Tensor | None], Tensor]


def _maker(
    game: Game,
    networks: Mapping[str, nn.Module],
    sources: Values | None,
    *,
    backward: bool,
    truncation: float | None,
) -> _Make:
    if not isinstance(game, Translating):
        sample = game.sample if truncation is None else partial(game.sample, truncation=truncation)
        return lambda start, random, labels: sample(networks, CHUNK, random, labels)
    if sources is None:
        raise UserError(f"{type(game).__name__} makes images from images: use gan-lightning translate")
    given = sources

    def translate(start: int, random: Randomness, labels: Tensor | None) -> Tensor:
        rows = torch.arange(start, start + CHUNK) % len(given)
        images = to_network(take(given, rows).to(random.device))
        return game.translate(networks, images, random, labels, backward=backward)

    return translate


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
    make: _Make, networks: Mapping[str, nn.Module], random: Randomness, standing: int | None
) -> AbstractContextManager[None]:
    if standing is None:
        return nullcontext()

    def forward(index: int) -> Tensor:
        return make(CHUNK * index, random.at("standing", index), None)

    return standing_statistics(nn.ModuleDict(dict(networks)), forward, standing)


def _padded(labels: Tensor) -> Tensor:
    return torch.cat([labels, labels.new_zeros(CHUNK - len(labels))])
