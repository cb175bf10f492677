"""Small components that tests play with, offered as a plugin would offer them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_lightning.catalog import Catalog
from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.critique import Critique
from gan_lightning.plugins import Plugin, discover


class ToyGenerator(Generator):
    """Two linear maps, with the class as a one-hot vector.

    Args:
        width: Hidden units.
        dropout: Share of hidden units that are dropped in training.
    """

    def __init__(self, data, classes, *, width: int = 16, dropout: float = 0.0):
        super().__init__()
        self.latent_shape = (4,)
        self.shape, self.classes, self.kind = data.shape, classes, data.kind
        size = torch.Size(data.shape).numel()
        self.net = nn.Sequential(nn.Linear(4 + classes, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, size))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            latents = torch.cat([latents, nn.functional.one_hot(labels, self.classes).float()], dim=1)
        made = self.net(latents).unflatten(1, self.shape)
        return made.tanh() if self.kind == "images" else made


class ToyDiscriminator(Discriminator):
    """Two linear maps; tells features and class logits too.

    Args:
        width: Hidden units.
    """

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__()
        self.classes = classes
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(torch.Size(data.shape).numel() + classes, width), nn.Softplus()
        )
        self.head = nn.Linear(width, 1)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Critique:
        flat = samples.flatten(1)
        if labels is not None:
            flat = torch.cat([flat, nn.functional.one_hot(labels, self.classes).to(flat.dtype)], dim=1)
        features = self.body(flat)
        return Critique(self.head(features).squeeze(1), features=features)


TOY = Architecture({"generator": ToyGenerator, "discriminator": ToyDiscriminator})


def toy_catalog(**components) -> Catalog:
    """Return the installed plugins and one more, with ``kind={name: component}``."""
    offered = {"architecture": {"toy": TOY}}
    for kind, parts in components.items():
        offered.setdefault(kind, {}).update(parts)
    return Catalog([*discover(), Plugin("toys", "toys", "1.0", components=offered)])


def toy_recipe(folder, **changes) -> dict:
    """Return a recipe as plain containers that trains in a second; keys of `changes` replace whole sections."""
    recipe = {
        "data": {"name": "mixture", "count": 500, "batch_size": 16},
        "architecture": "toy",
        "loss": "non_saturating",
        "optimizers": {
            "generator": {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]},
            "discriminator": {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.9]},
        },
        "ema": {"half_life_images": 200},
        "train": {"steps": 12},
        "sample": {"every": 6, "count": 9},
        "checkpoint": {"every": 5},
        "log": {"every": 2},
        "run": {"name": "toy", "dir": str(folder)},
        "trainer": {"accelerator": "cpu", "devices": 1},
    }
    return {**recipe, **changes}
