"""A probability that follows how far the discriminator overfits, which ADA and APA share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.errors import UserError
from gan_lightning.game import Play
from gan_lightning.two_player import TwoPlayerPlay
from gan_lightning_losses.across import gather
from gan_lightning_losses.penalties.reading import scores


class Adaptive(nn.Module):
    """Something done to images with a probability p that rises while the discriminator overfits and falls otherwise.

    Every `interval` turns of the discriminator

    r = E[sign(D(x))],  p <- clamp(p + sign(r - target) * batch * interval / images, 0, 1)

    with x what it has been shown as real in those turns, over all processes (Karras et al. 2020, arXiv:2006.06676,
    section 3.2). Without overfitting r is near 0, with complete overfitting it is 1. The probability and what has been
    summed up since it last moved are kept in checkpoints, and nothing is read from the device.

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
        self.p, self.target, self.interval, self.images = p, target, interval, images
        self.register_buffer("probability", torch.tensor(float(p)))
        self.register_buffer("overfit", torch.zeros(()))
        self.register_buffer("signs", torch.zeros(2))  # their sum, and how many there were
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

    @torch.no_grad()
    def after_step(self, play: Play) -> None:
        """Heed a turn of the discriminator that has paid its loss, and move the probability when it is due."""
        if self.target is None or play.phase.player != "discriminator" or "loss" not in play.phase.terms:
            return
        assert isinstance(play, TwoPlayerPlay)
        critique = play.real_critique.made
        if critique is not None:
            batch = len(play.batch) * play.random.world
            self._move(_signs(scores(play, critique)), self.target, batch * self.interval / self.images)

    def _move(self, found: Tensor, target: float, size: float) -> None:
        sound = found.isfinite().all()  # the step of a turn whose scores are no numbers has been left out, too
        self.signs.add_(torch.where(sound, found, 0.0))
        self.turns.add_(sound)
        due = self.turns >= self.interval
        overfit = self.signs[0] / self.signs[1].clamp(min=1.0)
        moved = (self.probability + size * (overfit - target).sign()).clamp(0.0, 1.0)
        self.overfit.copy_(torch.where(due, overfit, self.overfit))
        self.probability.copy_(torch.where(due, moved, self.probability))
        self.signs.mul_(~due)
        self.turns.mul_(~due)


def _signs(values: Tensor) -> Tensor:
    """Return the sum of the signs of all processes' scores and their number ``[2]``: whole, so that both are exact."""
    signs = values.sign() + 0.0 * values  # NaN where a score is infinite or NaN, which has a sign of 1 or 0
    return gather(torch.stack([signs.sum(), signs.new_tensor(float(signs.numel()))])[None]).sum(0).float()


def _check(where: str, p: float, target: float | None, interval: int, images: int) -> None:
    if not 0.0 <= p <= 1.0:
        raise UserError(f"{where}.p: expected a number from 0 to 1, got {p:g}")
    if target is not None and not -1.0 <= target <= 1.0:
        raise UserError(f"{where}.target: expected a number from -1 to 1, or null for a fixed p, got {target:g}")
    for name, value in (("interval", interval), ("images", images)):
        if value < 1:
            raise UserError(f"{where}.{name}: expected at least 1, got {value}")
