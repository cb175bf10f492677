"""The generator's gradient where two Gaussians lie apart and the discriminator gets better and better."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gan_lightning.catalog import Catalog
from gan_lightning.study.duel import Duel
from gan_lightning.study.measures.base import Curve, Measure, Measured, Setting
from gan_lightning.study.toys import PLANE, Cloud, moved

_SMALLEST = 1e-30  # what a gradient of 0 is drawn as


@dataclass(frozen=True)
class Gaussians(Measure):
    """A fresh discriminator for each distance between N(0, 1) and N(distance, 1) in the plane.

    The gradient is that by the place of the generated Gaussian, so that the way to go is known. ``useful`` is the mean
    over distances of its norm after the last turn as a share of its largest one, times the cosine to the way, counted
    from 0: 1 means as strong as ever and straight, 0 that it has vanished or leads astray. A share of a loss's own
    largest norm, because losses have different units and optimisers divide them out.

    Args:
        distances: Distances of the means, in standard deviations.
        turns: After how many turns of the discriminator the gradient is read.
    """

    distances: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    turns: tuple[int, ...] = (1, 3, 10, 30, 100, 300)

    def values(self, catalog: Catalog, where: str) -> tuple[str, ...]:
        """Return the names of its values."""
        del catalog, where
        return ("useful", "kept", "cosine")

    def __call__(self, setting: Setting) -> Measured:
        """Measure; see `Measure`."""
        found = [self._at(distance, setting) for distance in self.distances]
        kept = [norms[-1] / max(max(norms), _SMALLEST) for norms, _ in found]
        cosines = [cosines[-1] for _, cosines in found]
        useful = [share * max(0.0, cosine) for share, cosine in zip(kept, cosines, strict=True)]
        values = {"useful": _mean(useful), "kept": _mean(kept), "cosine": _mean(cosines)}
        return Measured(values, dict.fromkeys(values, "higher"), self._curves(found, useful))

    def _at(self, distance: float, setting: Setting) -> tuple[list[float], list[float]]:
        """Return norm of the gradient, and cosine of its descent to the way, after each number of turns."""
        generator, place = Cloud(), torch.tensor([distance, 0.0])
        duel = Duel(setting.recipe, setting.catalog, PLANE, generator, moved(generator, place))
        norms, cosines = [], []
        for turns in self.turns:
            duel.play(turns)
            gradient = duel.gradient.mean(dim=0).double()
            norms.append(float(gradient.norm()))
            cosines.append(float(-gradient[0] / gradient.norm().clamp(min=_SMALLEST)))
        return norms, cosines

    def _curves(self, found: list[tuple[list[float], list[float]]], useful: list[float]) -> tuple[Curve, ...]:
        norms, cosines = found[-1]
        turns, distances = tuple(float(turn) for turn in self.turns), tuple(self.distances)
        apart = f"at distance {self.distances[-1]:g}"
        last = tuple(max(norms[-1], _SMALLEST) for norms, _ in found)
        shown = tuple(max(norm, _SMALLEST) for norm in norms)
        x, y = "turns of the discriminator", "norm of the generator's gradient"
        return (
            Curve(f"gradient {apart}", x, y, turns, shown, "xy"),
            Curve(f"direction {apart}", x, "cosine to the way to go", turns, tuple(cosines), "x"),
            Curve(f"gradient after {self.turns[-1]} turns", "distance of the means", y, distances, last, "xy"),
            Curve("useful gradient", "distance of the means", "share kept times cosine", distances, tuple(useful), "x"),
        )


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
