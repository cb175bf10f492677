"""What a game that is played scale by scale asks of networks and rules, and when its scales begin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from torch import nn

from gan_lightning.components import Rule
from gan_lightning.errors import UserError
from gan_lightning.game import Stage
from gan_lightning_single_image.singan import SinGANDiscriminator, SinGANGenerator
from gan_lightning_single_image.sizes import Size


def stages_of(sizes: Sequence[Size], rounds: int, images: int, decay_at: float, decay: float) -> tuple[Stage, ...]:
    """Return two stages for each scale, the second with lower learning rates.

    Args:
        sizes: Height and width of each scale.
        rounds: Rounds of a scale.
        images: Real images that a round takes.
        decay_at: Share of the rounds after which the rates are lower.
        decay: Factor on them.
    """
    stages: list[Stage] = []
    for scale, (height, width) in enumerate(sizes):
        name, start = f"{height}x{width}", scale * rounds
        slower = start + math.ceil(decay_at * rounds)
        stages += [Stage(name, start * images), Stage(f"{name}, slower", slower * images, lr_factor=decay)]
    return tuple(stages)


def refuse_rules_on_latents(rules: Mapping[str, Rule]) -> None:
    """Refuse rules that play other latents than those that are drawn.

    Raises:
        UserError: There is one; it is named.
    """
    for name, rule in rules.items():
        if type(rule).latents is not Rule.latents:
            raise UserError(f"penalties.{name}: it replaces latents, and noise is drawn here for each scale by itself")


def require_scales(networks: nn.ModuleDict) -> None:
    """Refuse networks that are not made of scales, or not of the same.

    Raises:
        UserError: The role is named.
    """
    for role, kind in (("generator", SinGANGenerator), ("discriminator", SinGANDiscriminator)):
        if not isinstance(networks[role], kind):
            found = type(networks[role]).__name__
            raise UserError(f"architecture.{role}: expected networks of several scales, such as singan, got {found}")
    made, judged = (cast(SinGANGenerator, networks[role]).sizes for role in ("generator", "discriminator"))
    if made != judged:
        told = " and ".join(f"{len(sizes)} from {sizes[0][0]}x{sizes[0][1]} on" for sizes in (made, judged))
        raise UserError(
            f"architecture: generator and discriminator must have the same scales, and they have {told}; "
            "give both the same smallest, ratio, scales and spacing"
        )
