"""The generator's gradient on images while a fresh discriminator gets better and better."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from gan_lightning.catalog import Catalog
from gan_lightning.data.batch import Batch
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.fit import fit
from gan_lightning.randomness import Randomness
from gan_lightning.recipe.build import Builder
from gan_lightning.study.duel import Duel, Reals
from gan_lightning.study.measures.base import Curve, Measure, Measured, Setting
from gan_lightning.trained import load
from gan_lightning.two_player import TwoPlayerGame

_SMALLEST = 1e-30
_NEAREST = 2000  # real samples among which the nearest is looked for


@dataclass(frozen=True)
class ImageGradients(Measure):
    """A generator is trained for a short time by the base recipe, the same for all variants, and then stands still.

    The gradient is that by each generated sample; its norm is the mean over samples. ``kept`` is the norm after the
    last turn as a share of the largest one. ``cosine`` is the mean cosine of the descent to the way to the nearest
    real sample.

    Args:
        early: Generator updates before it stands still.
        turns: After how many turns of the discriminator the gradient is read.
    """

    early: int = 100
    turns: tuple[int, ...] = (1, 3, 10, 30, 100, 300)

    def values(self, catalog: Catalog, where: str) -> tuple[str, ...]:
        """Return the names of its values."""
        del catalog, where
        return ("kept", "cosine")

    def __call__(self, setting: Setting) -> Measured:
        """Measure; see `Measure`."""
        samples = Builder(setting.recipe, setting.catalog).samples(setting.cache)
        generator = self._generator(setting)
        duel = Duel(setting.recipe, setting.catalog, samples.spec, generator, _drawn_from(samples))
        some = Randomness(0).generator("nearest")
        reals = to_network(samples.take(torch.randperm(len(samples), generator=some)[:_NEAREST])).flatten(1)
        norms, cosines = [], []
        for turns in self.turns:
            duel.play(turns)
            gradient = duel.gradient.flatten(1).double()
            norms.append(float(gradient.norm(dim=1).mean()))
            way = _way_to_nearest(duel.samples.flatten(1), reals).double()
            cosines.append(float(cosine_similarity(-gradient, way, eps=_SMALLEST).mean()))
        values = {"kept": norms[-1] / max(max(norms), _SMALLEST), "cosine": cosines[-1]}
        return Measured(values, {"kept": "higher", "cosine": "higher"}, self._curves(norms, cosines))

    def _generator(self, setting: Setting) -> torch.nn.Module:
        recipe, folder = setting.early, setting.folder / "early"
        recipe = replace(
            recipe,
            train=replace(recipe.train, steps=self.early),
            evaluate=None,
            run=replace(recipe.run, dir=folder),
            checkpoint=replace(recipe.checkpoint, every=self.early),
        )
        fit(recipe, setting.catalog, overwrite=True)
        return load(folder, setting.catalog).networks["generator"]

    def _curves(self, norms: list[float], cosines: list[float]) -> tuple[Curve, ...]:
        turns = tuple(float(turn) for turn in self.turns)
        shown, x = tuple(max(norm, _SMALLEST) for norm in norms), "turns of the discriminator"
        return (
            Curve("gradient on images", x, "mean norm of the gradient by a sample", turns, shown, "xy"),
            Curve("direction on images", x, "cosine to the nearest real sample", turns, tuple(cosines), "x"),
        )


def _drawn_from(samples: Samples) -> Reals:
    def draw(game: TwoPlayerGame, count: int, random: Randomness) -> Batch:
        del game
        rows = torch.randint(len(samples), (count,), generator=random.generator("rows"))
        return Batch(samples.take(rows), None if samples.labels is None else samples.labels[rows])

    return draw


def _way_to_nearest(samples: Tensor, reals: Tensor) -> Tensor:
    return reals[torch.cdist(samples, reals).argmin(dim=1)] - samples
