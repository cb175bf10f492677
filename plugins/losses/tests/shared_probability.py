"""Turns with ADA and APA on two processes, each with half of the batch, against one; started by `test_overfitting`."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from critics import make_game, numbers, take_turn
from gan_lightning_losses.augmentations.ada import ADA
from gan_lightning_losses.penalties.apa import APA
from shared_turn import Painter
from torch import nn

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.randomness import Randomness

COUNT, WORLD = 10, 2
BUSY = {"p": 0.4, "interval": 2, "images": 100}


class Counting(nn.Module):
    """Says 1 of six of ten images and -1 of the others: means over halves, averaged, are not quite 0.2 in float32."""

    def __init__(self, rank, world):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        share = COUNT // world
        self.says = torch.tensor([1.0] * 4 + [-1.0, 1.0, 1.0] + [-1.0] * 3)[rank * share : (rank + 1) * share]

    def forward(self, samples, labels=None):
        return Critique(self.says + self.weight)


def turns(rank, world):
    """Return what five turns have shown as real, and the probabilities after them."""
    torch.manual_seed(0)
    ada, apa = ADA(pipe="bgcfnc", target=0.2, **BUSY), APA(target=0.1, **BUSY)
    game = make_game(Counting(rank, world), Painter(), {"apa": apa}, loss="hinge", data=DataSpec((1, 4, 4)))
    game.augmentations["ada"] = ada
    share, shown = COUNT // world, []
    for step in range(5):
        whole = (numbers(COUNT, 1, 4, 4, seed=step) * 50 + 128).clamp(0, 255).to(torch.uint8)
        rows = whole[rank * share : (rank + 1) * share]
        turn = take_turn(game, rows, random=Randomness(0, rank, world).at(step))
        turn.phase.terms["loss"](turn)
        shown.append(turn.real_critique.samples)
        game.after_batch(turn)
        game.after_step(turn)
    return torch.stack(shown), [*ada.buffers(), *apa.buffers()]


def main(rank, rendezvous):
    whole, wanted = turns(0, 1)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=WORLD)
    shown, state = turns(rank, WORLD)
    share = COUNT // WORLD
    torch.testing.assert_close(shown, whole[:, rank * share : (rank + 1) * share], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(state, wanted, rtol=0, atol=0)
    assert float(state[0]) == torch.tensor(0.4), "ADA's is at its target"
    assert abs(float(state[4]) - 0.8) < 1e-6, "APA's rises twice by 2 * 10 / 100"
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]), sys.argv[2])
