"""What games have in common that make samples from the data's partner ``source``; the ability is `Translating`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NoReturn

from torch import Tensor, nn

from gan_lightning.components import Loss
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Parts
from gan_lightning.randomness import Randomness


class Translates(Game):
    """A game that has the ability `gan_lightning.abilities.Translating`; without a way back unless it says so.

    Attributes:
        back: The network that makes sources from samples, or None.
    """

    back: ClassVar[str | None] = None

    def translate(
        self,
        networks: Mapping[str, nn.Module],
        sources: Tensor,
        random: Randomness,
        labels: Tensor | None = None,
        *,
        backward: bool = False,
    ) -> Tensor:
        """Make samples ``[N, *shape]`` of sources ``[N, *source shape]``; see `Translating.translate`."""
        del random
        if backward and self.back is None:
            raise UserError(f"backward: {type(self).__name__} learns one direction; leave it out")
        network = networks[self.back] if backward and self.back else networks["generator"]
        return self.applied(network, sources, labels)

    def applied(self, network: nn.Module, images: Tensor, labels: Tensor | None) -> Tensor:
        """Return what a network makes of images ``[N, C, H, W]``, and of classes ``[N]`` where there are."""
        del labels
        made: Tensor = network(images)
        return made

    def side_multiple(self, networks: Mapping[str, nn.Module]) -> int | None:
        """Return what sides of sources must be a multiple of; None where only the size of training will do."""
        return getattr(networks["generator"], "side_multiple", None)

    def sample(
        self,
        networks: Mapping[str, nn.Module],
        count: int,
        random: Randomness,
        labels: Tensor | None = None,
        truncation: float | None = None,
    ) -> NoReturn:
        """Refuse to make samples of nothing.

        Raises:
            UserError: Always.
        """
        del networks, count, random, labels, truncation
        raise UserError(f"{type(self).__name__} makes images from images: use gan-lightning translate")


def require_source(data: DataSpec, game: str) -> None:
    """Refuse data without anything to make samples from.

    Args:
        data: What the data are.
        game: What the game is called, for the message.

    Raises:
        UserError: There is no partner ``source``.
    """
    if "source" not in data.partners:
        raise UserError(
            f"data: {game} makes images from images, and these have no source to make them from; take data with one, "
            "such as paired_folder, unpaired_folders, low_resolution, masked or itself"
        )


def plain_loss(parts: Parts) -> Loss:
    """Return the loss of a game that has several discriminators, whose critiques it makes by itself.

    Raises:
        UserError: There is none, or it wants more of a discriminator than logits.
    """
    if parts.loss is None:
        raise UserError("loss: this game needs one, such as `loss: least_squares`")
    if parts.loss.heads(parts.data) or parts.loss.needs_classes:
        raise UserError(
            f"loss: {parts.loss_name} reads more than logits, which is all there is here; try least_squares"
        )
    return parts.loss


def refuse_rules(parts: Parts) -> None:
    """Refuse penalties and augmentations, which are about one discriminator, in a game with several.

    Raises:
        UserError: There are some; the first is named.
    """
    for section, rules in (("penalties", parts.penalties), ("augment", parts.augmentations)):
        if rules:
            raise UserError(
                f"{section}: {next(iter(rules))} is about one discriminator, this game has several; leave it out"
            )
