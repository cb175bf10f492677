"""The two-player game: a generator against a discriminator, conditional or not, with any loss and penalties."""

from gan_lightning.two_player.game import Prior, TwoPlayerGame
from gan_lightning.two_player.phases import Term
from gan_lightning.two_player.play import TwoPlayerPlay

__all__ = ["Prior", "Term", "TwoPlayerGame", "TwoPlayerPlay"]
