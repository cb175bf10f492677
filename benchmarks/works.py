"""What is timed: recipes at the widths of their papers."""

from __future__ import annotations

from dataclasses import dataclass
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


def _recipe(data: dict[str, Any], adam: dict[str, Any], **sections: Any) -> dict[str, Any]:
    aside = {"evaluate": None, "sample": None, "checkpoint": {"every": 10**9}}
    fixed = {**aside, "train": {"steps": 1}, "run": {"name": "benchmark"}}
    return {"data": data, "optimizers": {"generator": adam, "discriminator": adam}, **fixed, **sections}


WORKS = {
    "a": Work(
        "(a) SNGAN ResNet 32x32, batch 64, n_dis 5",
        _recipe(
            {"name": "digits", "resolution": 32, "batch_size": 64},
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
            {"name": "digits", "resolution": 64, "batch_size": 64},
            _ADAM_SLOW,
            architecture="dcgan",
            loss="non_saturating",
        ),
        8,
    ),
    "c": Work(
        "(c) WGAN-GP ResNet 32x32, batch 64, n_dis 5",
        _recipe(
            {"name": "digits", "resolution": 32, "batch_size": 64},
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
