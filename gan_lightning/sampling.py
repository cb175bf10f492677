"""Samples by number: sample i of a seed is the same sample however many are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from gan_lightning.game import Game
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
        rank: This process among `world`, which take turns with the batches. All make as many, since sharded networks
            need that, and those beyond `count` are dropped.
        world: Number of processes.
    """
    device = next((weight.device for network in networks.values() for weight in network.parameters()), None)
    random = Randomness(seed, device=device or torch.device("cpu"))
    modes = {name: network.training for name, network in networks.items()}
    try:
        for network in networks.values():
            network.eval()
        for first in range(0, count, CHUNK * world):
            start = first + CHUNK * rank
            wanted = None if labels is None else _padded(labels[start : start + CHUNK]).to(random.device)
            made = game.sample(networks, CHUNK, random.at("sample", start // CHUNK), wanted)
            if start < count:
                yield made[: count - start].float().cpu()
    finally:
        for name, network in networks.items():
            network.train(modes[name])


def _padded(labels: Tensor) -> Tensor:
    return torch.cat([labels, labels.new_zeros(CHUNK - len(labels))])
