"""A study that takes seconds."""

from __future__ import annotations

ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]}


def tiny_study(**changes: object) -> dict:
    """Return a study of two losses as plain containers; keys of `changes` replace whole sections."""
    study = {
        "name": "tiny",
        "title": "A tiny study",
        "baseline": "plain",
        "seeds": [0],
        "recipes": {
            "points": {
                "data": {"name": "mixture", "count": 500, "batch_size": 32},
                "architecture": {"name": "mlp", "generator": {"hidden": 16}, "discriminator": {"hidden": 16}},
                "loss": "minimax",
                "optimizers": {"generator": ADAM, "discriminator": ADAM},
                "train": {"steps": 6},
            }
        },
        "variants": {"plain": {}, "other": {"loss": "wasserstein", "penalties": ["gradient_penalty"]}},
        "axes": {
            "gradients": {
                "apart": {
                    "measure": "gaussians",
                    "recipe": "points",
                    "distances": [1.0, 8.0],
                    "turns": [1, 4],
                    "ranks": ["useful"],
                }
            },
            "diversity": {
                "ring": {
                    "measure": "training",
                    "recipe": "points",
                    "metrics": ["modes", "prdc"],
                    "samples": 100,
                    "ranks": ["modes", "recall"],
                }
            },
        },
        "claims": [
            {
                "text": "Said",
                "value": "apart.useful",
                "variant": "other",
                "expect": "near",
                "than": 0.0,
                "tolerance": 9.0,
            }
        ],
    }
    return {**study, **changes}
