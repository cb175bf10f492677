"""Top-k training: the generator learns from its best samples only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from torch import Tensor

from gan_lightning.components import Rule
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Play, Progress
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_losses.penalties.reading import scores


@dataclass(frozen=True)
class TopK(Rule):
    """Show the generator only the critiques of those of its samples that the discriminator finds most real.

    k = max(decay^e, least) * M of M generated samples, after e epochs (Sinha et al. 2020, arXiv:2002.06224).
    Each process chooses from its own share. It cannot be played with a loss that pairs real with generated samples.

    Args:
        decay: What the share is multiplied by from epoch to epoch, the paper's gamma.
        least: Share that it comes down to, the paper's nu.
        epoch: Real images in an epoch.

    Raises:
        UserError: A share is not in (0, 1], or the epoch has no images.
    """

    decay: float = 0.99
    least: float = 0.5
    epoch: int = 50_000

    players: ClassVar = ("generator",)
    origin: ClassVar = Origin(
        "Sinha et al., Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
        2020,
        "2002.06224",
        cures=("image quality",),
    )

    def __post_init__(self) -> None:
        """Refuse shares that leave nothing or more than there is."""
        for name in ("decay", "least"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise UserError(f"penalties.top_k.{name}: expected above 0 and up to 1, got {getattr(self, name):g}")
        if self.epoch < 1:
            raise UserError(f"penalties.top_k.epoch: expected at least 1, got {self.epoch}")

    def prepare(self, game: Game) -> None:
        """Refuse losses that would be left with unequal batches.

        Raises:
            UserError: The generator's loss pairs samples.
        """
        assert isinstance(game, TwoPlayerGame)
        assert game.parts.loss is not None
        if game.parts.loss.paired:
            told = game.parts.loss_name or "the loss"
            raise UserError(f"penalties.top_k: it leaves out generated samples, and {told} pairs them with real ones")

    def share(self, progress: Progress) -> float:
        """Return the share of the samples that is kept at a point of training."""
        return max(self.decay ** (progress.images // self.epoch), self.least)

    def judged(self, play: Play, critique: Critique, side: str) -> Critique:
        """Keep the best of the generated samples, in their order."""
        assert isinstance(play, TwoPlayerPlay)
        if side != "fake":
            return critique
        means = scores(play, critique).detach().reshape(len(critique.logits), -1).mean(dim=1)
        count = max(int(self.share(play.progress) * len(means)), 1)
        return _rows(critique, means.topk(count).indices.sort().values)


def _rows(critique: Critique, chosen: Tensor) -> Critique:
    """Return the critique of some of the samples."""
    return Critique(**{entry.name: _chosen(getattr(critique, entry.name), chosen) for entry in fields(critique)})


def _chosen(value: Any, chosen: Tensor) -> Any:
    if isinstance(value, Mapping):
        return {name: _chosen(part, chosen) for name, part in value.items()}
    return value[chosen] if isinstance(value, Tensor) else value
