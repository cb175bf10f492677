"""A turn on two processes, each with half of the batch, against the turn on one; started by `test_penalty_games`."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from critics import CATALOG, Bent, make_game, take_turn
from torch import nn

from gan_lightning.components import Penalty
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.randomness import Randomness

COUNT, WORLD = 8, 2
#: A process takes the first of its own samples where the batch shrinks, so that there it does not.
OPTIONS = {"path_length": {"shrink": 1}}
CLASSES = 3
#: Its dropout draws for each process.
LEFT_OUT = {"consistency_term"}


class Painter(nn.Module):
    """Makes 1x4x4 images of 4 latents, with more contrast from class to class."""

    latent_shape = (4,)

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.Tanh())

    def forward(self, latents, labels=None):
        made = self.layers(latents).view(-1, 1, 4, 4)
        return made if labels is None else made * (1 + labels.view(-1, 1, 1, 1)) / CLASSES


def turn(entry, player, rank, world):
    """Return the gradient of the second of two terms, and what the rule remembers of the first."""
    torch.manual_seed(0)
    rules = {entry.name: entry.component(**OPTIONS.get(entry.name, {}))}
    labelled = {"conditional": True, "discriminator_labels": False} if entry.component.needs_classes else {}
    game = make_game(Bent(16), Painter(), rules, data=DataSpec((1, 4, 4), (1,) * CLASSES), **labelled)
    rule, share = game.parts.penalties[entry.name], COUNT // world
    for step in range(2):
        whole = torch.randint(0, 256, (COUNT, 1, 4, 4), generator=torch.Generator().manual_seed(step))
        own = slice(rank * share, (rank + 1) * share)
        batch = Batch(whole[own].to(torch.uint8), (torch.arange(COUNT) % CLASSES)[own])
        played = take_turn(game, batch, player, random=Randomness(0, rank, world).at(step))
        term = rule(played)
        rule.after_step(played)
    weights = game.parameters_of(game.player(player))
    gradients = torch.autograd.grad(term, weights, allow_unused=True)
    found = torch.cat([gradient.flatten() for gradient in gradients if gradient is not None])
    return found, [value.float() for value in game.components.buffers()]


def main(rank, rendezvous):
    entries = [e for e in CATALOG.entries("penalty") if e.plugin.name == "losses" and e.name not in LEFT_OUT]
    cases = [
        (entry, player)
        for entry in entries
        for player in entry.component.players
        if issubclass(entry.component, Penalty)
    ]
    wanted = [turn(entry, player, 0, 1) for entry, player in cases]
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=WORLD)
    for (entry, player), (whole, remembered) in zip(cases, wanted, strict=True):
        found, state = turn(entry, player, rank, WORLD)
        dist.all_reduce(found)
        where = f"{entry.name} of the {player}"
        torch.testing.assert_close(found / WORLD, whole, rtol=1e-4, atol=1e-6, msg=lambda said, w=where: f"{w}: {said}")
        torch.testing.assert_close(state, remembered, msg=lambda said, w=where: f"state of {w}: {said}")
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]), sys.argv[2])
