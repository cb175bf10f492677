"""Small games of faces, faces, and turns on them."""

from __future__ import annotations

from functools import partial

import torch
from gan_lightning_faces.game import FaceSwap

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness

CATALOG = Catalog.installed()
SIDE = 16
SPEC = DataSpec((3, SIDE, SIDE), partners={"source": (3, SIDE, SIDE)})
ROLES = {
    "encoder": {"channels": 2, "hidden": 8},
    **{f"{kind}_{side}": {"channels": 2} for kind in ("decoder", "discriminator") for side in ("source", "target")},
}


def small(spec=SPEC, *, loss="least_squares", penalties=(), architecture="face_swap", **options):
    """Return a small game; options of its networks stand under their roles."""
    made = CATALOG.find("architecture", architecture).component.roles
    networks = {role: partial(network, **{**ROLES[role], **options.pop(role, {})}) for role, network in made.items()}
    rules = {name: CATALOG.find("penalty", name).component() for name in penalties}
    paid = CATALOG.find("loss", loss).component() if loss else None
    return FaceSwap(Parts(spec, 4, networks, paid, rules, loss_name=loss), **options)


def faces(spec=SPEC, count=4, seed=0):
    """Return random images of both identities."""
    generator = torch.Generator().manual_seed(seed)
    source, target = (torch.randint(256, (count, *spec.shape), generator=generator).byte() for _ in range(2))
    return Batch(target, partners={"source": Batch(source)})


def turn_of(game, player, batch=None, seed=0):
    """Return a turn of `player`, in which only its weights ask for gradients."""
    for name, network in game.networks.items():
        network.requires_grad_(name in game.player(player).networks)
    (phase,) = (phase for phase in game.phases() if phase.player == player)
    return game.play(phase, batch or faces(), Randomness(seed), Progress(0, 0, 0, 1))


def paid(turn):
    """Return what a turn's player pays, by name."""
    return {name: value.item() for name, value in turn.phase.losses(turn).items()}
