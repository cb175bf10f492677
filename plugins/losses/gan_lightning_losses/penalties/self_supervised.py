"""The rotations of SS-GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_lightning.components import Penalty
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Game, Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_losses.outputs import output

_HEAD = "self_supervised"
_WHERE = f"penalties.{_HEAD}"
_TURNS = 4


@dataclass(frozen=True)
class SelfSupervised(Penalty):
    """Make the discriminator tell by how much an image is rotated, and the generator make images of which it can.

    D: real * E[CE(Q(rot(x)), k)]      G: fake * E[CE(Q(rot(G(z))), k)]      k = 0, 90, 180, 270 degrees

    with logits Q of the rotations, a linear layer on the discriminator's features (Chen et al. 2019,
    arXiv:1811.11212). It keeps the discriminator from forgetting what images look like. The discriminator learns from
    real images only: taught on generated ones, it would help a generator that makes what is easily told. Each image of
    the batch is rotated once, by the four in turn, where the paper rotates a quarter of the batch four times. Beside
    the adversarial loss, images are judged as they are.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
        real: Factor on the discriminator's term, the paper's beta.
        fake: Factor on the generator's term, the paper's alpha.
    """

    real: float = 1.0
    fake: float = 0.2

    players: ClassVar = ("discriminator", "generator")
    excludes: ClassVar = {
        "ada": "it turns images by itself, so that nobody can tell by how much they were turned before"
    }
    origin: ClassVar = Origin(
        "Chen et al., Self-Supervised GANs via Auxiliary Rotation Loss",
        2019,
        "1811.11212",
        cures=("stability",),
    )

    def heads(self, data: DataSpec) -> Mapping[str, int]:
        """Return the logits of the rotations.

        Raises:
            UserError: The data are no square images.
        """
        if data.kind != "images" or data.shape[-1] != data.shape[-2]:
            raise UserError(f"{_WHERE}: it rotates square images, and the data are {data}")
        return {_HEAD: _TURNS}

    def prepare(self, game: Game) -> None:
        """Refuse packs, whose images are rotated each in its own way.

        Raises:
            UserError: The discriminator judges packs.
        """
        assert isinstance(game, TwoPlayerGame)
        if game.pack > 1:
            raise UserError(f"{_WHERE}: it asks for the rotation of each image, not of a pack; set game.pack to 1")

    def __call__(self, play: Play) -> Tensor:
        """Return the penalty, a scalar."""
        assert isinstance(play, TwoPlayerPlay)
        if play.phase.player == "discriminator":
            return self.real * _surprise(play, play.real, play.real_labels)
        return self.fake * _surprise(play, play.fake, play.judged_labels)


def _surprise(play: TwoPlayerPlay, images: Tensor, labels: Tensor | None) -> Tensor:
    """Return the mean cross-entropy of the rotations of images ``[N, C, H, H]``, each rotated by one of the four.

    Raises:
        UserError: The game's samples are no images, as where they are of several sizes.
    """
    if images.dim() != 4:
        raise UserError(f"{_WHERE}: it rotates images, and the samples of this game are vectors")
    # The turn goes on from the images of the processes before, so that each image's rotation is the same on any number.
    first = play.random.rank * len(images)
    chosen = [slice((turn - first) % _TURNS, None, _TURNS) for turn in range(_TURNS)]
    rotated = torch.cat([images[rows].rot90(turn, (2, 3)) for turn, rows in enumerate(chosen)])
    of_rotated = None if labels is None else torch.cat([labels[rows] for rows in chosen])
    turns = torch.arange(_TURNS, device=images.device)
    counts = torch.tensor([len(images[rows]) for rows in chosen], device=images.device)
    told = output(play.judge(rotated, of_rotated, "rotated"), _HEAD, _WHERE)
    return cross_entropy(told, turns.repeat_interleave(counts, output_size=len(images)))
