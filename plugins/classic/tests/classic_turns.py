"""Games with small networks, and turns of them."""

from __future__ import annotations

from functools import partial

from gan_lightning.catalog import Catalog
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness

CATALOG = Catalog.installed()


def make_game(kind, data, architecture="mlp", *, penalties=(), batch_size=8, **options):
    """Make a game; options of its networks stand under their roles."""
    roles = CATALOG.find("architecture", architecture).component.roles
    networks = {role: partial(network, **options.pop(role, {})) for role, network in roles.items()}
    loss = CATALOG.find("loss", "non_saturating").component()
    rules = {name: CATALOG.find("penalty", name).component() for name in penalties}
    return kind(Parts(data, batch_size, networks, loss, rules, loss_name="non_saturating"), **options)


def take_turn(game, batch, player="discriminator", seed=0):
    """Return a turn of `player` on a batch, in which only its weights ask for gradients."""
    owned = game.player(player).networks
    for name, network in game.networks.items():
        network.requires_grad_(name in owned)
    phase = next(phase for phase in game.phases() if phase.player == player)
    return game.play(phase, batch, Randomness(seed), Progress(0, 0, 0, 1))


def train(game, batches, optimizers):
    """Let both players take turns."""
    for index, batch in enumerate(batches):
        for player, optimizer in optimizers.items():
            turn = take_turn(game, batch, player, seed=index)
            optimizer.zero_grad()
            sum(turn.phase.losses(turn).values()).backward()
            optimizer.step()
