"""FreezeD: the first layers of a discriminator stay as another training has left them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from gan_lightning.components import Discriminator, Rule
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.layers import at_least
from gan_lightning.origin import Origin

_NETWORK = "discriminator"
# What only holds others, and a discriminator within another: their parts count one by one
_CONTAINERS = (nn.Sequential, nn.ModuleList, Discriminator)


@dataclass(frozen=True)
class FreezeDiscriminator(Rule):
    """Fine-tune on few samples: train a discriminator that has been trained before, but for its first layers.

    Layers are the discriminator's parts that have weights, in the order in which it holds them: residual blocks of a
    residual network, single layers of a plain one, normalisations among them, attention by itself. Buffers, such as
    batch statistics and the vectors of spectral norms, go on following the data (Mo et al. 2020, arXiv:2002.10964).
    It wants `train.start`: layers that nothing has trained are no good.

    Args:
        layers: How many stay as they are.

    Raises:
        UserError: `layers` is below 1, or the discriminator has no more than that.
    """

    layers: int = 1

    origin: ClassVar = Origin(
        "Mo et al., Freeze the Discriminator: a Simple Baseline for Fine-Tuning GANs",
        2020,
        "2002.10964",
        cures=("stability", "image quality"),
    )

    def __post_init__(self) -> None:
        """Refuse to freeze nothing."""
        at_least(1, layers=self.layers)

    def prepare(self, game: Game) -> None:
        """Freeze; see `Rule.prepare`."""
        parts = list(_parts(game.networks[_NETWORK]))
        if self.layers >= len(parts):
            raise UserError(
                f"penalties.freeze_discriminator.layers: expected at most {len(parts) - 1}, got {self.layers}: the "
                f"discriminator has {len(parts)}"
            )
        for name, part in parts[: self.layers]:
            game.freeze(_NETWORK, [f"{name}.{weight}" for weight, _ in part.named_parameters()])


def _parts(network: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if isinstance(child, _CONTAINERS):
            yield from _parts(child, f"{prefix}{name}.")
        elif any(True for _ in child.parameters()):
            yield prefix + name, child
