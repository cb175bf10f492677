"""Short runs of a game with small networks, and the comparison of what is left of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lightning.abilities import Translating
from gan_lightning.catalog import Catalog
from gan_lightning.checkpoint import read_checkpoint
from gan_lightning.data.samples import Values
from gan_lightning.module import GANModule
from gan_lightning.plugins import Plugin, discover
from gan_lightning.recipe import Recipe, check
from gan_lightning.recipe.build import Builder
from gan_lightning.run import Run, cache_folder
from gan_lightning.sampling import sources_of
from gan_lightning.testing.toys import TOY_NETWORKS, toy_components

#: Names under which the kit's own components and the game that is tried stand in recipes.
KIT = "conformance_kit"

_ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]}


@dataclass(frozen=True)
class Trainee:
    """A game that can be trained.

    Args:
        game: Its class.
        sections: Sections of the recipe that differ from the kit's.
    """

    game: Any
    sections: Mapping[str, Any]

    @property
    def catalog(self) -> Catalog:
        """All installed plugins, and one with the kit's components and the game."""
        return Catalog([*discover(), Plugin(KIT, KIT, "0", {**toy_components(), "game": {"tried": self.game}})])

    def recipe(self, folder: Path, steps: int, **sections: Any) -> Recipe:
        """Return a recipe that trains in about a second."""
        given = {**self.game.example, **self.sections, **sections}
        plain = {
            "data": {"name": f"{KIT}/{'toy_pairs' if issubclass(self.game, Translating) else 'toy'}", "batch_size": 8},
            "architecture": given.get("architecture") or self._networks(),
            "loss": f"{KIT}/toy",
            "optimizers": {player.name: _ADAM for player in self.game.players},
            "ema": {"half_life_images": 50},
            "sample": None,
            "checkpoint": {"every": 2},
            "log": {"every": 1},
            "performance": "off",
            "run": {"name": "tried", "dir": str(folder)},
            "trainer": {"accelerator": "cpu", "devices": 1},
            **given,
            "train": {"steps": steps, **given.get("train", {})},
            "game": {"name": f"{KIT}/tried", **given.get("game", {})},
        }
        return check(plain, self.catalog)

    def fit(self, folder: Path, steps: int, *, resume: str | None = None, **sections: Any) -> Run:
        """Train, with Lightning's advice about loops that are not the game's kept quiet."""
        from gan_lightning.fit import fit

        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            return fit(self.recipe(folder, steps, **sections), self.catalog, resume=resume).run

    def module(self, folder: Path) -> GANModule:
        """Build the module as it is before training."""
        return self.drawn_from(folder)[0]

    def drawn_from(self, folder: Path) -> tuple[GANModule, Values | None]:
        """Build the module as it is before training, and what its samples are made from if they are."""
        builder = Builder(self.recipe(folder, 1), self.catalog)
        data = builder.samples(cache_folder())
        module = builder.module(data.spec)
        return module, sources_of(module.game, data)

    def _networks(self) -> str:
        """Name an architecture with all the game's roles: the kit's, or an installed one."""
        roles = set(self.game.roles)
        if roles <= TOY_NETWORKS.roles.keys():
            return f"{KIT}/toy"
        for entry in Catalog(discover()).entries("architecture"):
            if roles <= entry.component.roles.keys():
                return f"{entry.plugin.name}/{entry.name}"
        raise AssertionError(f"no architecture has the roles {sorted(roles)}; give settings for `architecture`")


def state_of(run: Run) -> dict[str, Any]:
    """Return networks, averages, optimisers and counters of a run's last checkpoint."""
    checkpoint = read_checkpoint(run.last)
    return {key: checkpoint[key] for key in ("state_dict", "optimizer_states", "progress", "stage")}


def first_difference(one: Any, other: Any, tolerance: float = 0.0, where: str = "") -> str | None:
    """Return where two nested containers of tensors and plain values differ, or None.

    Args:
        one: The first.
        other: The second.
        tolerance: Largest difference of two tensors that counts as equal; 0 compares bit by bit.
        where: Path of keys so far.
    """
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return None if _equal(one, other, tolerance) else where
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        found = (first_difference(one[key], other[key], tolerance, f"{where}/{key}") for key in one)
        return next((place for place in found if place is not None), None)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return first_difference(dict(enumerate(one)), dict(enumerate(other)), tolerance, where)
    return None if one == other else where


def _equal(one: Tensor, other: Tensor, tolerance: float) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return torch.allclose(one, other, rtol=0, atol=tolerance) if tolerance else torch.equal(one, other)
