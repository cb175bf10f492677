"""Networks whose penalties are known in closed form, and turns of a game that they play."""

from __future__ import annotations

import torch
from torch import nn

from gan_lightning.catalog import Catalog
from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.two_player import TwoPlayerGame

CATALOG = Catalog.installed()
POINT = DataSpec((4,), kind="points")


class Linear(nn.Module):
    """D(x) = scale * sum(x): every sample's gradient has norm scale * sqrt(values). Its features are the sample."""

    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(float(scale)))

    def forward(self, samples, labels=None):
        return Critique(self.scale * samples.flatten(1).sum(1), features=samples.flatten(1))


class Quadratic(Linear):
    """D(x) = scale / 2 * |x|^2: a sample's gradient is scale * x."""

    def forward(self, samples, labels=None):
        return Critique(self.scale / 2 * samples.flatten(1).square().sum(1))


class Bent(nn.Module):
    """A small network with smooth bends, for what has no closed form."""

    def __init__(self, values=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(values, 8), nn.Tanh(), nn.Linear(8, 5), nn.Softplus())
        self.last = nn.Linear(5, 1)

    def forward(self, samples, labels=None):
        features = self.layers(samples.flatten(1))
        return Critique(self.last(features).squeeze(1), features=features)


class Constant(nn.Module):
    """Makes the same point of every latent."""

    latent_shape = (1,)

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(float(value)))

    def forward(self, latents, labels=None):
        return self.value.expand(len(latents), 4)


class Affine(nn.Module):
    """G(z) = W z, with z and G(z) of 4 values."""

    latent_shape = (4,)

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(4, 4, bias=False)

    def forward(self, latents, labels=None):
        return self.map(latents)


def penalty(name, **options):
    """Construct a penalty or a rule by the name that recipes use."""
    return CATALOG.find("penalty", name).component(**options)


def make_game(critic, generator, rules=None, *, data=POINT, loss="wasserstein", **options):
    networks = {"generator": lambda data, classes: generator, "discriminator": lambda data, classes: critic}
    parts = Parts(data, 8, networks, CATALOG.find("loss", loss).component(), rules or {}, loss_name=loss)
    return TwoPlayerGame(parts, **options)


def take_turn(game, samples, player="discriminator", progress=None, random=None):
    """Return a turn of `player`, on samples or a batch of them, in which only its weights ask for gradients."""
    owned = game.player(player).networks
    for name, network in game.networks.items():
        network.requires_grad_(name in owned)
    phase = next(phase for phase in game.phases() if phase.player == player)
    batch = samples if isinstance(samples, Batch) else Batch(samples)
    return game.play(phase, batch, random or Randomness(0), progress or Progress(0, 0, 0, 1))


def play(critic, *, real=1.0, fake=-1.0, count=8):
    """Return a discriminator's turn on constant points."""
    return take_turn(make_game(critic, Constant(fake)), torch.full((count, 4), real))


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
