"""Schedules in the recipe's own sections, where no component takes them."""

from pathlib import Path

import pytest
import torch

from gan_lightning.catalog import Catalog
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Progress
from gan_lightning.recipe import load_recipe
from gan_lightning.recipe.build import Builder

RING = Path(__file__).parents[2] / "recipes" / "ring.yaml"


def test_the_averages_half_life_follows_a_schedule():
    schedule = "ema.half_life_images={linear: {from: 0, to: 1000, images: 100}}"
    recipe = load_recipe(RING, [schedule, "ema.ramp={step: {from: 1, to: 2, images: 50}}"])
    module = Builder(recipe, Catalog.installed()).module(DataSpec((2,), kind="points"))
    module.configure_optimizers()
    found = []
    for images in (0, 50, 100):
        for binding in module._bindings:
            binding.apply(Progress(0, 0, images, 10))
        found.append((module.ema.half_life_images, module.ema.ramp))
    assert found == [(0, 1), (500, 2), (1000, 2)]
    with torch.no_grad():
        module.ema.update(updates=1, batch=1, images=1)


def test_neither_end_may_be_below_the_least():
    with pytest.raises(UserError, match=r"ema\.half_life_images: expected at least 0, got -1"):
        load_recipe(RING, ["ema.half_life_images={linear: {from: 10, to: -1}}"])


@pytest.mark.parametrize("key", ["train.clip", "guard.diversity"])
def test_other_sections_say_that_they_cannot_follow_one(key):
    with pytest.raises(UserError, match=rf"{key}: this number cannot follow a schedule"):
        load_recipe(RING, [f"{key}={{linear: {{from: 1.0, to: 2.0}}}}"])
