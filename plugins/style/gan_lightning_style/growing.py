"""The game of networks that grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_lightning.abilities import Growing
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play, Stage
from gan_lightning.headed import Headed
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_style.growth import faded, growth


class GrowingGame(TwoPlayerGame):
    """The two-player game at small images first, then at sizes of twice the sides, up to that of the data.

    A stage is a size. It begins with a fade: what networks make of the new layers is mixed with what they made of the
    old, by a share alpha that rises from 0 to 1 with the real images seen, and real images are mixed with smaller ones
    likewise. Optimisers forget their moments at each new size (Karras et al. 2018, arXiv:1710.10196, section 2 and
    appendix A). Losses, penalties and augmentations see images of the size that is played; samples are brought to full
    size by repeating pixels. Both networks must be able to grow, such as those of `pggan`.

    Args:
        parts: What the recipe provides.
        start: Height of the images that are played first; null for the smallest that the networks make.
        stable: Images for which each size but the last stays, once it is there: one number, or one for each. The paper
            has 800,000, the authors' code 600,000.
        fade: Images over which each size but the first is faded in: one number, or one for each.
        batch_sizes: Images in a batch, over all processes, at each size; null for `data.batch_size` at all of them.
        lr_factors: Factor on the learning rates: one number, or one for each size.

    Raises:
        UserError: A network cannot grow, the two do not grow alike, or there are not as many numbers as sizes.
    """

    origin = Origin(
        "Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and Variation",
        2017,
        "1710.10196",
        descends_from=("two_player",),
        cures=("image quality", "stability"),
    )
    example: ClassVar = {
        "architecture": {"name": "pggan", "generator": {"channels": 8}, "discriminator": {"channels": 8, "group": 1}},
        "game": {"stable": 8, "fade": 16},
    }

    def __init__(
        self,
        parts: Parts,
        *,
        start: int | None = None,
        stable: int | tuple[int, ...] = 600_000,
        fade: int | tuple[int, ...] = 600_000,
        batch_sizes: tuple[int, ...] | None = None,
        lr_factors: float | tuple[float, ...] = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(parts, **options)
        sizes = _sizes(self.networks, parts.data.shape)
        heights = [height for height, _ in sizes]
        if start not in (None, *heights):
            raise UserError(f"game.start: expected one of the heights {', '.join(map(str, heights))}, got {start}")
        first = 0 if start is None else heights.index(start)
        numbers: dict[str, Any] = {"stable": stable, "fade": fade, "batch_sizes": batch_sizes, "lr_factors": lr_factors}
        self.growth = growth(sizes, first=first, **numbers)
        self.doublings = len(sizes) - 1
        _check_batches(batch_sizes, self.pack, self.generator_batch)

    def stages(self) -> tuple[Stage, ...]:
        """Return a stage for each size."""
        return self.growth.stages

    def enter(self, stage: int) -> tuple[str, ...]:
        """Have all optimisers forget."""
        del stage
        return tuple(player.name for player in self.players)

    def adapt(self, networks: Mapping[str, nn.Module], images: int) -> None:
        """Have networks make and judge images of the size that is played after so many real ones."""
        size = self.growth.at(images)
        for network in networks.values():
            part = _growing(network)
            assert isinstance(part, Growing)
            part.grow(*size)

    def play(self, phase: Phase, *args: Any, **options: Any) -> Play:
        """Return what a turn sees."""
        play = GrowingPlay(self, phase, *args, **options)
        self.adapt(dict(self.networks.items()), play.progress.images)
        return play

    def sample(self, *args: Any, **options: Any) -> Tensor:
        """Make samples ``[count, *shape]``, by repeating pixels where networks make smaller ones; see `Game.sample`."""
        made = super().sample(*args, **options)
        full = self.data.shape[1:]
        return made if made.shape[2:] == full else interpolate(made, size=full, mode="nearest")


class GrowingPlay(TwoPlayerPlay):
    """A turn in which real images have the size that is played."""

    game: GrowingGame

    @property
    def drawn(self) -> Tensor:
        """Real images ``[N, C, h, w]`` of that size, faded as generated ones are."""
        depth, alpha = self.game.growth.at(self.progress.images)
        return faded(self.batch.samples(), self.game.doublings - depth, alpha)


def _growing(network: nn.Module) -> nn.Module:
    """Return a network without the heads that losses have put on it."""
    return network.body if isinstance(network, Headed) else network


def _sizes(networks: nn.ModuleDict, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the heights and widths that all networks grow by, the smallest first.

    Raises:
        UserError: They do not.
    """
    found: dict[str, int] = {}
    for role, network in networks.items():
        part = _growing(network)
        if not isinstance(part, Growing):
            found_kind = type(part).__name__
            raise UserError(f"architecture.{role}: {found_kind} cannot grow; expected one that can, such as pggan")
        found[role] = part.doublings
    if len(set(found.values())) > 1:
        told = " and ".join(f"the {role} {count} times" for role, count in found.items())
        raise UserError(f"architecture: both must double the smallest images as often as the other, and {told}")
    _, height, width = shape
    steps = next(iter(found.values()))
    return [(height >> step, width >> step) for step in reversed(range(steps + 1))]


def _check_batches(batch_sizes: tuple[int, ...] | None, pack: int, generator_batch: int | None) -> None:
    """Refuse batches that another option has not been told of."""
    if batch_sizes is None:
        return
    if generator_batch is not None:
        raise UserError("game.generator_batch: batches have a size of their own at each stage; set it to null")
    for size in batch_sizes:
        if size % pack:
            raise UserError(f"game.batch_sizes: {size} samples cannot be shared out to packs of {pack}")
