"""What penalties read of critiques, in float32 or better: squares and their sums leave the range of float16."""

from __future__ import annotations

from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.outputs import precise


def scores(play: TwoPlayerPlay, critique: Critique) -> Tensor:
    """Return what of a critique says real to the game's loss, ``[N]`` or ``[N, ...]``: mostly the logits."""
    loss = play.game.parts.loss
    assert loss is not None
    return precise(loss.scores(critique))


def features(critique: Critique, name: str) -> Tensor:
    """Return a critique's features ``[N, D]``.

    Args:
        critique: The critique.
        name: The penalty's name, for its error.

    Raises:
        UserError: The discriminator offers none.
    """
    if critique.features is None:
        raise UserError(f"penalties.{name}: it reads features, which this architecture's discriminator does not offer")
    return precise(critique.features.flatten(1))
