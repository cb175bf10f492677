"""Small games of one image, and turns of them."""

from __future__ import annotations

from functools import partial

import torch
from gan_lightning_single_image.pixel_gradient_penalty import PixelGradientPenalty
from gan_lightning_single_image.singan import SinGAN
from gan_lightning_single_image.singan_game import SinGANGame

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness

SPEC = DataSpec((3, 16, 24))
CATALOG = Catalog.installed()


def make_game(kind=SinGANGame, *, spec=SPEC, penalties=None, batch_size=1, networks=None, **options):
    """Make a game of three scales: 12x18, 14x21 and 16x24."""
    small = {"channels": 4, "smallest": 12, **(networks or {})}
    roles = {role: partial(network, **small) for role, network in SinGAN.roles.items()}
    loss = CATALOG.find("loss", "wasserstein").component()
    penalties = {"pixel_gradient_penalty": PixelGradientPenalty()} if penalties is None else penalties
    game = kind(Parts(spec, batch_size, roles, loss, penalties, loss_name="wasserstein"), **{"rounds": 10, **options})
    return game.train()


def image(count=1, seed=0, spec=SPEC):
    """Return a batch of one smooth image."""
    coarse = torch.rand(1, spec.shape[0], 4, 6, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(coarse, spec.shape[1:], mode="bicubic").clamp(0, 1)
    return Batch((smooth * 255).byte().expand(count, -1, -1, -1))


def take_turn(game, player="discriminator", *, round_number=0, turn=0, count=1):
    """Return a turn of `player`, in which only its weights ask for gradients."""
    owned = game.player(player).networks
    for name, network in game.networks.items():
        network.requires_grad_(name in owned)
    index, phase = next((i, phase) for i, phase in enumerate(game.phases()) if phase.player == player)
    at = Randomness(0).at("round", round_number).at(index, turn).at(0)
    return game.play(phase, image(count), at, Progress(0, round_number, 0, 1))


def begin(game, scale):
    """Begin all scales up to one, with a turn of each player at each."""
    for number in range(scale + 1):
        game.enter(2 * number)
        for player in ("discriminator", "generator"):
            game.after_batch(take_turn(game, player, round_number=number))
    return game


def weights_of(network):
    """Return a copy of a network's weights and buffers."""
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(network, before):
    """Return the names of weights and buffers that have changed."""
    return {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
