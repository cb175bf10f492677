"""What a discriminator puts out beside logits, in float32 or better: squares and sums leave the range of float16."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError


def output(critique: Critique, name: str, where: str) -> Tensor:
    """Return what a discriminator tells under a name ``[N, ...]``, in single precision at least.

    Args:
        critique: The discriminator's opinion of N samples.
        name: What the output is called in `gan_lightning.components.Loss.heads` or `Rule.heads`.
        where: Place in the recipe, for the error.

    Raises:
        UserError: The discriminator has no such output.
    """
    if name not in critique.extras:
        raise UserError(f"{where}: this game gives the discriminator no output {name!r}; use game: two_player")
    found: Tensor = critique.extras[name]
    return precise(found)


def precise(values: Tensor) -> Tensor:
    """Return values in float32 where they are in a shorter type."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
