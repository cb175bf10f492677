"""Adaptive pseudo augmentation: generated images among the real ones."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from gan_lightning.components import Rule
from gan_lightning.game import Play
from gan_lightning.origin import Origin
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.overfitting import Adaptive


class APA(Adaptive, Rule):
    """Show the discriminator generated images in place of real ones, each with a probability p that adapts.

    In its turns, and the more of them the more it overfits (Jiang et al. 2021, arXiv:2111.06849, section 3.1). Those of
    a conditional game are of the classes of the images they replace. They are generated for the whole batch whatever p
    is, since how many are wanted is known on the device only: one more pass through the generator a turn.

    Args:
        p: Probability at the start. Where `target` is null it is the probability throughout, and may be a schedule.
        target: The mean sign of scores of what is shown as real at which p stays where it is, or null for a p that is
            fixed.
        interval: Turns of the discriminator between two moves of p.
        images: Real images that are shown while p goes from 0 to 1 at its fastest.

    Raises:
        UserError: An option is out of its range.
    """

    origin: ClassVar = Origin(
        "Jiang et al., Deceive D: Adaptive Pseudo Augmentation for GAN Training with Limited Data",
        2021,
        "2111.06849",
        descends_from=("ada",),
        cures=("stability",),
    )

    def __init__(self, *, p: float = 0.0, target: float | None = 0.6, interval: int = 4, images: int = 500_000) -> None:
        super().__init__("penalties.apa", p=p, target=target, interval=interval, images=images)

    @torch.no_grad()
    def reals(self, play: Play, real: Tensor) -> Tensor:
        """Return samples ``[N, *shape]``, some of which are generated."""
        assert isinstance(play, TwoPlayerPlay)
        random, generator = play.random.at("apa"), play.game.networks["generator"]
        made = generator(play.game.draw_latents(len(real), random, generator), play.real_labels)
        chosen = random.uniform("replaced", len(real), *[1] * (real.dim() - 1)) < self.chance(real.device)
        return torch.where(chosen, made.to(real.dtype), real)
