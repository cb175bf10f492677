"""What is timed: recipes at the widths of their papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_ADAM = {"name": "adam", "lr": 2.0e-4, "betas": [0.0, 0.9]}
_ADAM_SLOW = {"name": "adam", "lr": 2.0e-4, "betas": [0.5, 0.999]}


@dataclass(frozen=True)
class Work:
    """A recipe to time.

    Args:
        title: What it is called in the table.
        recipe: Its sections.
        updates: Generator updates that are timed, after as many that are not.
    """

    title: str
    recipe: dict[str, Any]
    updates: int

    def under(self, sections: Mapping[str, Any]) -> Work:
        """Return the same work with other sections in its recipe."""
        return replace(self, recipe={**self.recipe, **sections})

    @property
    def images(self) -> int:
        """Real images that one update sees."""
        return int(self.recipe["data"]["batch_size"]) * int(self.recipe.get("game", {}).get("n_dis", 1))


def _images(resolution: int) -> dict[str, Any]:
    # Noise: no pixel changes the time, and three channels are what every peer's networks can take.
    return {"name": "torchvision", "dataset": "FakeData", "resolution": resolution, "batch_size": 64}


def _recipe(data: dict[str, Any], adam: dict[str, Any], **sections: Any) -> dict[str, Any]:
    aside = {"evaluate": None, "sample": None, "checkpoint": {"every": 10**9}}
    trainer = {"accelerator": "cpu", "devices": 1}
    fixed = {**aside, "train": {"steps": 1}, "run": {"name": "benchmark"}, "trainer": trainer}
    return {"data": data, "optimizers": {"generator": adam, "discriminator": adam}, **fixed, **sections}


WORKS = {
    "a": Work(
        "(a) SNGAN ResNet 32x32, batch 64, n_dis 5",
        _recipe(
            _images(32),
            _ADAM,
            architecture={"name": "sngan", "generator": {"channels": 256}, "discriminator": {"channels": 128}},
            game={"n_dis": 5},
            loss="hinge",
        ),
        2,
    ),
    "b": Work(
        "(b) DCGAN 64x64, batch 64",
        _recipe(
            _images(64),
            _ADAM_SLOW,
            architecture="dcgan",
            loss="non_saturating",
        ),
        8,
    ),
    "c": Work(
        "(c) WGAN-GP ResNet 32x32, batch 64, n_dis 5",
        _recipe(
            _images(32),
            _ADAM,
            architecture={"name": "wgan_gp", "generator": {"channels": 256}},
            game={"n_dis": 5},
            loss="wasserstein",
            penalties=["gradient_penalty"],
        ),
        2,
    ),
    "e": Work(
        "(e) MLP on 2-D points, batch 64",
        _recipe({"name": "mixture", "batch_size": 64}, _ADAM_SLOW, architecture="mlp", loss="non_saturating"),
        1500,
    ),
}
