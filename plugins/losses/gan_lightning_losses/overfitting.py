"""A probability that follows how far the discriminator overfits, which ADA and APA share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.game import Game, Play
from gan_lightning.two_player import TwoPlayerGame, TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.penalties.reading import scores


class Adaptive(nn.Module):
    """Something done to images with a probability p that rises while the discriminator overfits and falls otherwise.

    Every `interval` turns of the discriminator

    r = E[sign(D(x))],  p <- clamp(p + sign(r - target) * batch * interval / images, 0, 1)

    with x what it has been shown as real in those turns, in all their batches and over all processes (Karras et al.
    2020, arXiv:2006.06676, section 3.2), and D(x) counted from where the loss takes a sample for real. Without
    overfitting r is near 0, with complete overfitting it is 1. The probability and what has been summed up since it
    last moved are kept in checkpoints, and nothing is read from the device.

    Args:
        where: Path of the component in a recipe, for errors.
        p: Probability at the start. Where `target` is null it is the probability throughout, and may be a schedule.
        target: The r at which p stays where it is, or null for a p that does not follow r.
        interval: Turns of the discriminator between two moves of p.
        images: Real images that are shown while p goes from 0 to 1 at its fastest.

    Attributes:
        probability: p where it follows r, a scalar.
        overfit: r when p last moved, a scalar.

    Raises:
        UserError: An option is out of its range.
    """

    p: float
    target: float | None
    interval: int
    images: int
    probability: Tensor
    overfit: Tensor
    signs: Tensor
    turns: Tensor

    def __init__(self, where: str, *, p: float, target: float | None, interval: int, images: int) -> None:
        super().__init__()
        _check(where, p, target, interval, images)
        self.where, self.p, self.target, self.interval, self.images = where, p, target, interval, images
        self.register_buffer("probability", torch.tensor(float(p)))
        self.register_buffer("overfit", torch.zeros(()))
        self.register_buffer("signs", torch.zeros(3))  # their sum, how many there were, and of how many samples
        self.register_buffer("turns", torch.zeros((), dtype=torch.long))

    def chance(self, device: torch.device) -> Tensor:
        """Return the present probability, a scalar."""
        if self.target is None:
            return torch.full((), self.p, device=device)
        return self.probability.to(device)

    def observations(self) -> dict[str, Tensor]:
        """Return the probability, and the r that it follows if it does."""
        if self.target is None:
            return {"p": torch.tensor(self.p)}
        return {"p": self.probability.clone(), "overfit": self.overfit.clone()}  # they move while logs wait

    def prepare(self, game: Game) -> None:
        """Refuse to follow scores that say nothing of what is taken for real.

        Raises:
            UserError: The probability is to follow r, and the loss only compares scores.
        """
        assert isinstance(game, TwoPlayerGame)
        assert game.parts.loss is not None
        if self.target is not None and game.parts.loss.threshold is None:
            raise UserError(
                f"{self.where}.target: {game.parts.loss_name or 'the loss'} fixes no score above which a sample is "
                "taken for real, which p would follow; set it to null and give p"
            )

    @torch.no_grad()
    def after_batch(self, play: Play) -> None:
        """Heed what a batch of a turn of the discriminator, which has paid its loss, says of real samples."""
        if not self._heeds(play):
            return
        assert isinstance(play, TwoPlayerPlay)
        loss, critique = play.game.parts.loss, play.real_critique.made
        assert loss is not None
        if critique is not None:
            found = _signs(scores(play, critique) - (loss.threshold or 0.0), len(play.batch))
            # The step of a turn whose scores are no numbers is left out, too.
            self.signs.add_(torch.where(found.isfinite().all(), found, 0.0))

    @torch.no_grad()
    def after_step(self, play: Play) -> None:
        """Move the probability when it is due."""
        if self._heeds(play):
            self.turns.add_(1)
            self._move()

    def _heeds(self, play: Play) -> bool:
        return self.target is not None and play.phase.player == "discriminator" and "loss" in play.phase.terms

    def _move(self) -> None:
        assert self.target is not None
        total, count, shown = self.signs.unbind()
        due = self.turns >= self.interval
        overfit = total / count.clamp(min=1.0)
        moved = (self.probability + shown / self.images * (overfit - self.target).sign()).clamp(0.0, 1.0)
        self.overfit.copy_(torch.where(due & (count > 0), overfit, self.overfit))
        self.probability.copy_(torch.where(due, moved, self.probability))
        self.signs.mul_(~due)
        self.turns.mul_(~due)


def _signs(values: Tensor, shown: int) -> Tensor:
    """Return the sum of the signs of all processes' scores, their number, and that of samples shown ``[3]``, exactly.

    Args:
        values: Scores of this process, ``[N]`` or ``[N, ...]`` of patches.
        shown: Samples that this process was shown.
    """
    signs = values.sign() + 0.0 * values  # NaN where a score is infinite or NaN, which has a sign of 1 or 0
    counts = signs.new_tensor([float(signs.numel()), float(shown)])
    return gather(torch.cat([signs.sum()[None], counts])[None]).sum(0).float()


def _check(where: str, p: float, target: float | None, interval: int, images: int) -> None:
    if not 0.0 <= p <= 1.0:
        raise UserError(f"{where}.p: expected a number from 0 to 1, got {p:g}")
    if target is not None and not -1.0 <= target <= 1.0:
        raise UserError(f"{where}.target: expected a number from -1 to 1, or null for a fixed p, got {target:g}")
    for name, value in (("interval", interval), ("images", images)):
        if value < 1:
            raise UserError(f"{where}.{name}: expected at least 1, got {value}")
