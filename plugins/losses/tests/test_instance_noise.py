"""Instance noise, and its way to nothing."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_losses.augmentations.instance_noise import InstanceNoise

from gan_lightning.errors import UserError
from gan_lightning.game import Progress
from gan_lightning.randomness import Randomness
from gan_lightning.recipe.options import check_options
from gan_lightning.schedule import Binding, Schedule

RANDOM = Randomness(0).at("test")


@pytest.mark.parametrize("shape", [(64, 3, 16, 16), (4096, 2)])
def test_noise_has_its_deviation_for_images_and_points(shape):
    noise = InstanceNoise(std=0.3)(torch.ones(shape), RANDOM) - 1
    assert float(noise.std()) == pytest.approx(0.3, rel=0.03)
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.02)


def test_a_recipe_lets_it_fade_out():
    options = check_options(InstanceNoise, {"std": {"linear": {"from": 0.2, "to": 0.0, "steps": 100}}}, "augment")
    assert isinstance(options["std"], Schedule)
    augment = InstanceNoise(std=0.2)
    binding = Binding("std", options["std"], lambda value: object.__setattr__(augment, "std", value))
    samples = torch.zeros(4096, 2)
    for updates, std in ((0, 0.2), (50, 0.1)):
        binding.apply(Progress(updates, updates, 0, 1000))
        assert float(augment(samples, RANDOM).std()) == pytest.approx(std, rel=0.03)
    binding.apply(Progress(100, 100, 0, 1000))
    assert torch.equal(augment(samples, RANDOM), samples)


def test_a_deviation_below_nothing_is_refused():
    with pytest.raises(UserError, match=r"std: expected at least 0"):
        InstanceNoise(std=-0.1)
