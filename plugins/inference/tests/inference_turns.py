"""Games with small networks, and turns of them."""

from __future__ import annotations

from functools import partial

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness

CATALOG = Catalog.installed()
IMAGES = DataSpec((1, 8, 8))
SMALL = {"hidden": 16, "latent": 4}


def make_game(kind, architecture, *, data=IMAGES, loss="non_saturating", penalties=(), augment=(), game=(), **networks):
    """Make a game.

    Args:
        kind: Its class.
        architecture: Name of the architecture that the roles are filled from.
        data: Shape of the data.
        loss: Name of the loss.
        penalties: Names of rules.
        augment: Augmentations by name.
        game: Options of the game.
        networks: Options by role; ``name`` takes a role from another architecture.
    """
    made = {}
    for role in kind.roles:
        options = dict(networks.get(role, {}))
        source = CATALOG.find("architecture", options.pop("name", architecture)).component
        made[role] = partial(source.roles[role], **options)
    rules = {name: CATALOG.find("penalty", name).component() for name in penalties}
    adversarial = CATALOG.find("loss", loss).component()
    return kind(Parts(data, 8, made, adversarial, rules, dict(augment), loss_name=loss), **dict(game))


def images(count=8, seed=0, data=IMAGES):
    """Return a batch of random images, with classes where the data have them."""
    drawn = torch.Generator().manual_seed(seed)
    values = torch.randint(0, 256, (count, *data.shape), generator=drawn).byte()
    return Batch(values, torch.arange(count) % data.classes if data.classes else None)


def take_turn(game, batch, player="discriminator", seed=0, term=None):
    """Return a turn of `player` on a batch, in which only its weights ask for gradients."""
    owned = game.player(player).networks
    for name, network in game.networks.items():
        network.requires_grad_(name in owned)
    phase = next(phase for phase in game.phases() if phase.player == player and term in (None, *phase.terms))
    return game.play(phase, batch, Randomness(seed), Progress(0, 0, 0, 1))


def gradients(game, loss):
    """Return the gradient of each network's weights by a loss, None where there is none."""
    loss.backward()
    return {
        name: None
        if all(weight.grad is None for weight in network.parameters())
        else torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])
        for name, network in game.networks.items()
    }
