"""Two parallel lines: what a trained critic says of their distance, and where it sends the generator."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.study.duel import Duel
from gan_lightning.study.measures.base import Curve, Measure, Measured, Setting
from gan_lightning.study.toys import PLANE, Line, moved


@dataclass(frozen=True)
class ParallelLines(Measure):
    """Real points (0, y), generated ones (theta, y), y ~ U(0, 1), a fresh critic for each theta.

    Example 1 of arXiv:1701.07875.

    The value is what the critic gains over one that was trained at theta 0, where nothing can be told apart: twice the
    Jensen-Shannon divergence for the cross-entropy of the first GAN, which is 2 log 2 wherever the lines do not touch,
    and theta for the Wasserstein distance. ``follows`` is the mean gain over the largest and the smallest theta, in
    ratio to theta: 1 where the value is proportional to theta, the ratio of the thetas where it is stuck.
    ``pull`` is the share of thetas from which the gradient leads back, counted with both signs of theta.

    Args:
        thetas: Distances above 0, ascending; each is measured on both sides.
        turns: Turns of each critic.
    """

    thetas: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    turns: int = 300

    def values(self, catalog: Catalog, where: str) -> tuple[str, ...]:
        """Return the names of its values."""
        del catalog, where
        return ("gain_far", "pull", "follows")

    def __call__(self, setting: Setting) -> Measured:
        """Measure; see `Measure`."""
        places = (*(-theta for theta in reversed(self.thetas)), 0.0, *self.thetas)
        found = {place: self._at(place, setting) for place in places}
        rest = found[0.0][0]
        gains = {place: rest - loss for place, (loss, _) in found.items()}
        slopes = {place: slope for place, (_, slope) in found.items()}
        far, near = ((gains[theta] + gains[-theta]) / 2 for theta in (self.thetas[-1], self.thetas[0]))
        pulls = [slopes[place] * place > 0 for place in places if place]
        values = {"gain_far": far, "pull": sum(pulls) / len(pulls)}
        if near > 0:
            values["follows"] = far / near * self.thetas[0] / self.thetas[-1]
        better = {name: "higher" for name in values}
        curves = (
            Curve("value of the trained critic", "theta", "gain over theta 0", places, tuple(gains.values())),
            Curve("gradient by theta", "theta", "gradient of the generator's loss", places, tuple(slopes.values())),
        )
        return Measured(values, better, curves)  # type: ignore[arg-type]

    def _at(self, place: float, setting: Setting) -> tuple[float, float]:
        """Return the critic's loss and the gradient of the generator's loss by theta."""
        generator = Line()
        with torch.no_grad():
            generator.place[0] = place
        duel = Duel(setting.recipe, setting.catalog, PLANE, generator, moved(generator, torch.zeros(2)))
        duel.play(self.turns)
        return duel.value(), float(duel.gradient.mean(dim=0)[0])
