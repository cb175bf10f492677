"""Games with small networks, pairs of images, and turns on them."""

from __future__ import annotations

from functools import partial

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness

CATALOG = Catalog.installed()


def pairs_spec(shape=(3, 16, 16), source=None):
    """Return images of a shape with a partner."""
    return DataSpec(shape, partners={"source": source or shape})


def pairs(spec, count=4, seed=0):
    """Return random images and their sources."""
    generator = torch.Generator().manual_seed(seed)
    source, target = (
        torch.randint(256, (count, *shape), generator=generator).byte()
        for shape in (spec.partners["source"], spec.shape)
    )
    return Batch(target, partners={"source": Batch(source)})


def make_game(kind, spec, architecture, *, loss="least_squares", penalties=(), batch_size=4, **options):
    """Make a game; options of its networks stand under their roles."""
    roles = CATALOG.find("architecture", architecture).component.roles
    networks = {role: partial(network, **options.pop(role, {})) for role, network in roles.items()}
    rules = {name: CATALOG.find("penalty", name).component() for name in penalties}
    made = CATALOG.find("loss", loss).component()
    return kind(Parts(spec, batch_size, networks, made, rules, loss_name=loss), **options)


def take_turn(game, batch, player="discriminator", seed=0, phase=None):
    """Return a turn of `player` on a batch, in which only its weights ask for gradients."""
    for name, network in game.networks.items():
        network.requires_grad_(name in game.player(player).networks)
    moves = [move for move in game.phases() if move.player == player]
    return game.play(phase or moves[0], batch, Randomness(seed), Progress(0, 0, 0, 1))


def paid(turn):
    """Return what a turn's player pays, by name."""
    return {name: value.item() for name, value in turn.phase.losses(turn).items()}


def count(architecture, role, spec, **options):
    """Return the number of weights of a network as published."""
    with torch.device("meta"):
        network = CATALOG.find("architecture", architecture).component.roles[role](spec, 0, **options)
    return sum(weight.numel() for weight in network.parameters())
