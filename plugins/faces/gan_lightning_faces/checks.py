"""What face swap cannot be played with."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from gan_lightning.components import Loss
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts
from gan_lightning.translating import plain_loss

_HALF = 0.5


def check_loss(parts: Parts, mixup: float) -> Loss:
    """Return the loss.

    Raises:
        UserError: There is none, it wants more than logits or compares pairs, or it has other marks than 0 and 1 where
            faces are mixed.
    """
    loss, name = plain_loss(parts), parts.loss_name
    if loss.paired:
        raise UserError(f"loss: {name} compares pairs, and of each real face there are two fakes; try least_squares")
    if mixup and loss.threshold != _HALF:
        raise UserError(f"game.mixup: mixtures are told by marks from 0 to 1, which {name} has not; take least_squares")
    return loss


def check_data(data: DataSpec) -> None:
    """Refuse data without a second set of images like the first.

    Raises:
        UserError: There is none.
    """
    source = data.partners.get("source")
    if source != data.shape:
        raise UserError(
            f"data: faces of two identities are swapped, samples {data.shape} and their partner source {source}; "
            "expected both of one shape, such as unpaired_folders gives"
        )


def check_shares(**shares: float) -> None:
    """Refuse numbers that are not from 0 to 1.

    Raises:
        UserError: Names the first that is not.
    """
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise UserError(f"game.{name}: expected a number from 0 to 1, got {value:g}")


def check_widths(networks: Mapping[str, nn.Module]) -> None:
    """Refuse an encoder whose codes are not as wide as a decoder takes them.

    Raises:
        UserError: Names the first decoder that does not fit.
    """
    given = networks["encoder"].width
    for role in ("decoder_source", "decoder_target"):
        wanted = networks[role].width
        if given != wanted:
            raise UserError(
                f"architecture.{role}.channels: codes have {given} channels, and this takes {wanted}; "
                "expected the channels of the encoder"
            )
