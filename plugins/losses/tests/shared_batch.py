"""Two processes, each with half of a batch, against the whole batch in one; started by `test_loss_games`."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from gan_lightning_losses.across import gather

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec

COUNT, WORLD = 8, 2
SPEC = DataSpec((4,), (1, 1, 1), kind="points")
#: Options of the losses that are tried otherwise than as they are: small, or with what would hide mistakes.
OPTIONS = {"cramer": {"size": 3}, "mmd": {"size": 3}, "realness": {"outcomes": 5}, "sphere": {"size": 3}}
OPTIONS["fisher"] = {"rho": 0.1}


def numbers(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gradients(entry, role, rows):
    """Return the gradient by a discriminator's weights of a loss, of a penalty on scores, and of its own square."""
    loss = entry.component(**OPTIONS.get(entry.name, {}))
    if entry.name == "fisher":
        loss.multiplier.fill_(0.3)
    heads, labels = loss.heads(SPEC), (torch.arange(COUNT) % SPEC.classes)[rows]
    weights = (numbers(4, sum(heads.values()) or 1, seed=2) * 0.5).requires_grad_()

    def judge(samples):
        outputs = (samples @ weights).tanh() + 0.1 * samples @ weights
        return Critique(outputs[:, 0], samples, labels, extras=dict.fromkeys(heads, outputs))

    real, fake = numbers(COUNT, 4, seed=0)[rows], numbers(COUNT, 4, seed=1)[rows] + 1.0
    paid = getattr(loss, role)(judge(real), judge(fake))
    (first,) = torch.autograd.grad(paid, weights, create_graph=True)
    (second,) = torch.autograd.grad(gather(first[None]).mean(0).square().sum(), weights)
    real.requires_grad_()
    (slopes,) = torch.autograd.grad(loss.scores(judge(real)).sum(), real, create_graph=True)
    (penalty,) = torch.autograd.grad(slopes.square().sum(1).mean(), weights)
    return [first.detach(), second, penalty]


def main(rank, rendezvous):
    cases = [(entry, role) for entry in Catalog.installed().entries("loss") for role in ("discriminator", "generator")]
    cases = [case for case in cases if case[0].plugin.name == "losses"]
    wanted = [gradients(*case, slice(0, COUNT)) for case in cases]
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=WORLD)
    own = slice(rank * COUNT // WORLD, (rank + 1) * COUNT // WORLD)
    for (entry, role), whole in zip(cases, wanted, strict=True):
        for order, (ours, theirs) in enumerate(zip(gradients(entry, role, own), whole, strict=True)):
            dist.all_reduce(ours)
            assert torch.allclose(ours / WORLD, theirs, rtol=1e-6, atol=1e-9), f"{entry.name} {role} {order}"
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]), sys.argv[2])
