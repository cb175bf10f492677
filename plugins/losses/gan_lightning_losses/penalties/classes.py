"""What class-conditional penalties and losses read of a critique."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.penalties.reading import precise


def own_critique(play: TwoPlayerPlay) -> Critique:
    """Return the critique of what a player answers for: real samples in D's turn, generated ones in G's."""
    return play.real_critique if play.phase.player == "discriminator" else play.fake_critique


def output(critique: Critique, name: str, where: str) -> Tensor:
    """Return what a discriminator tells under a name ``[N, ...]``, in single precision at least.

    Args:
        critique: The discriminator's opinion of N samples.
        name: What the output is called in `gan_lightning.components.Rule.heads`.
        where: Place in the recipe, for the error.

    Raises:
        UserError: The discriminator has no such output.
    """
    if name not in critique.extras:
        raise UserError(f"{where}: this game gives the discriminator no output {name!r}; use game: two_player")
    found: Tensor = critique.extras[name]
    return precise(found)


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
