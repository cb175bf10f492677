"""Small games of this family, and turns of them."""

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.fit import Session
from gan_lightning.game import Progress
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import check
from gan_lightning.recipe.build import Builder
from gan_lightning.run import Run, cache_folder

ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.0, 0.99]}
PGGAN = {"name": "pggan", "generator": {"channels": 8, "latent": 8}, "discriminator": {"channels": 8}}
MSG_GAN = {**PGGAN, "name": "msg_gan"}


def recipe_of(folder, **sections):
    """Return a recipe that trains on digits in a second or two."""
    plain = {
        "data": {"name": "digits", "resolution": 16, "batch_size": 8},
        "architecture": PGGAN,
        "game": {"name": "growing", "stable": 32, "fade": 32},
        "loss": "non_saturating",
        "optimizers": {"generator": ADAM, "discriminator": ADAM},
        "ema": {"half_life_images": 20},
        "sample": None,
        "performance": "off",
        "train": {"steps": 4},
        "run": {"name": "style", "dir": str(folder)},
        "trainer": {"accelerator": "cpu", "devices": 1},
        **sections,
    }
    return check(plain, Catalog.installed())


def game_of(folder, **sections):
    """Build the game of such a recipe."""
    builder = Builder(recipe_of(folder, **sections), Catalog.installed())
    return builder.game(builder.samples(cache_folder()).spec)


def trained(folder, **sections):
    """Return a module after the updates of such a recipe."""
    session = Session.prepare(recipe_of(folder, **sections), Catalog.installed())
    session.trainer(Run(folder), []).fit(session.module, datamodule=session.data())
    return session.module


def take_turn(game, player, images=0, count=8):
    """Return a turn on random images after so many real ones, in which only the player's weights ask for gradients."""
    for name, network in game.networks.items():
        network.requires_grad_(name in game.player(player).networks)
    phase = next(phase for phase in game.phases() if phase.player == player)
    random = Randomness(0).at("round", images)
    values = (random.uniform("real", count, *game.data.shape) * 255).to(torch.uint8)
    batch = Batch(values, torch.arange(count) % max(game.data.classes, 1))
    return game.play(phase, batch, random, Progress(0, 0, images, 100))
