"""Games that each break one promise of games."""

from dataclasses import replace

import torch

from gan_lightning.game import Player
from gan_lightning.two_player import TwoPlayerGame


class Speechless(TwoPlayerGame):
    """Has a player that never moves.

    Args:
        parts: What the recipe provides.
    """

    players = (*TwoPlayerGame.players, Player("umpire", ()))

    def __init__(self, parts):
        super().__init__(parts)


class Handicapped(Speechless):
    """Gives the generator nothing to learn from."""

    players = TwoPlayerGame.players

    def phases(self):
        still = {"still": lambda play: 0.0 * play.fake.sum()}
        return tuple(replace(p, terms=still) if p.player == "generator" else p for p in super().phases())


class Counting(Speechless):
    """Counts its turns in a number that no checkpoint keeps."""

    players = TwoPlayerGame.players
    turns = 0

    def play(self, phase, batch, random, progress):
        self.turns += 1
        return super().play(phase, batch, random.at(self.turns), progress)


class Gambling(Speechless):
    """Draws latents from the system's entropy."""

    players = TwoPlayerGame.players

    def draw_latents(self, count, random, generator):
        entropy = torch.Generator()
        entropy.seed()
        return torch.randn(count, *generator.latent_shape, generator=entropy)


class Repeating(Speechless):
    """Makes one and the same sample."""

    players = TwoPlayerGame.players

    def sample(self, networks, count, random, labels=None):
        return super().sample(networks, 1, random, labels).expand(count, -1, -1, -1)


class EachForItself(Speechless):
    """Draws the same latents on every process."""

    players = TwoPlayerGame.players

    def draw_latents(self, count, random, generator):
        return torch.randn(count, *generator.latent_shape, generator=random.generator("latents"))
