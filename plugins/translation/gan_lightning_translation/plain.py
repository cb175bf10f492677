"""What games with more than one discriminator, or with none of the usual ones, are given."""

from __future__ import annotations

from dataclasses import replace

from gan_lightning.components import Loss
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts


def reversed_spec(data: DataSpec) -> DataSpec:
    """Return the data the other way round: sources as samples, and samples as their sources."""
    return replace(data, shape=data.partners["source"], partners={"source": data.shape})


def plain_loss(parts: Parts) -> Loss:
    """Return the loss, which reads logits only.

    Raises:
        UserError: There is none, or it wants more.
    """
    if parts.loss is None:
        raise UserError("loss: this game needs one, such as `loss: least_squares`")
    if parts.loss.heads(parts.data) or parts.loss.needs_classes:
        raise UserError(
            f"loss: {parts.loss_name} reads more than logits, which is all there is here; try least_squares"
        )
    return parts.loss


def refuse_rules(parts: Parts) -> None:
    """Refuse penalties and augmentations, which are about one discriminator.

    Raises:
        UserError: There are some.
    """
    for section, rules in (("penalties", parts.penalties), ("augment", parts.augmentations)):
        if rules:
            raise UserError(
                f"{section}: {next(iter(rules))} is about one discriminator, this game has two; leave it out"
            )
