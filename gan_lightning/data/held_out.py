"""Which images are kept from training: a name decides, so that a data set may grow without a change of sides."""

from __future__ import annotations

from typing import Literal

from gan_lightning.errors import UserError
from gan_lightning.randomness import mix

Part = Literal["all", "train", "held_out"]


def in_part(name: str, part: Part, held_out: float) -> bool:
    """Tell whether an image of that name belongs to a part, of which `held_out` is the share kept from training."""
    kept = mix(0, "held out", name) / 2**63 < held_out
    return part == "all" or kept == (part == "held_out")


def require_share(held_out: float) -> None:
    """Raise a `UserError` unless `held_out` is at least 0 and below 1."""
    if not 0.0 <= held_out < 1.0:
        raise UserError(f"data.held_out: expected at least 0 and below 1, got {held_out:g}")
