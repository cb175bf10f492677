"""The two-player game: a generator against a discriminator, conditional or not, with any loss and penalties."""

from gan_lightning.two_player.game import TwoPlayerGame
from gan_lightning.two_player.phases import Term
from gan_lightning.two_player.play import TwoPlayerPlay

__all__ = ["Term", "TwoPlayerGame", "TwoPlayerPlay"]
