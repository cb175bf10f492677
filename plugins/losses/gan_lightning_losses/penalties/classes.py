"""What class-conditional penalties and losses read of a critique."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.two_player import TwoPlayerPlay


def own_critique(play: TwoPlayerPlay) -> Critique:
    """Return the critique of what a player answers for: real samples in D's turn, generated ones in G's."""
    return play.real_critique if play.phase.player == "discriminator" else play.fake_critique


def classes_of(critique: Critique, where: str) -> Tensor:
    """Return the classes of the samples that were judged, ``[N]``.

    Args:
        critique: The critique.
        where: Place in the recipe, for the error.

    Raises:
        UserError: The game is unconditional.
    """
    if critique.labels is None:
        raise UserError(f"{where}: it reads the classes of samples; set game.conditional to true")
    return critique.labels
