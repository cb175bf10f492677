"""DiffAugment: each policy does what it says, to each image by itself, with gradients through."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_losses.augmentations.diffaugment import DiffAugment

from gan_lightning.randomness import Randomness

RANDOM = Randomness(0).at("test")


def test_translation_moves_by_up_to_an_eighth_and_fills_with_zeros():
    images = torch.ones(256, 1, 16, 24)
    moved = DiffAugment(policy=("translation",))(images, RANDOM)
    rows = (moved.sum(dim=(1, 3)) > 0).sum(dim=1)
    columns = (moved.sum(dim=(1, 2)) > 0).sum(dim=1)
    assert (int(rows.min()), int(rows.max())) == (14, 16)
    assert (int(columns.min()), int(columns.max())) == (21, 24)


def test_translation_keeps_what_it_moves():
    images = torch.zeros(64, 1, 16, 16)
    images[:, :, 8, 8] = 1.0
    moved = DiffAugment(policy=("translation",))(images, RANDOM)
    assert moved.sum(dim=(1, 2, 3)).tolist() == [1.0] * 64
    assert len({tuple(place.tolist()) for place in moved.nonzero()[:, 2:]}) > 10


def test_cutout_removes_at_most_a_square_of_half_the_side():
    cut = DiffAugment(policy=("cutout",))(torch.ones(256, 1, 16, 16), RANDOM)
    gone = (cut == 0).sum(dim=(1, 2, 3))
    assert int(gone.max()) == 64
    assert int(gone.min()) >= 16, "the centre lies in the image"


def test_color_changes_each_image_by_its_own_amount_and_no_pixel_moves():
    images = torch.rand(8, 3, 4, 4, generator=torch.Generator().manual_seed(0)).expand(8, 3, 4, 4)
    images = images[:1].expand(8, 3, 4, 4)
    changed = DiffAugment(policy=("color",))(images, RANDOM)
    assert len({round(float(image.mean()), 5) for image in changed}) == 8
    assert float((changed.mean(dim=(1, 2, 3)) - images.mean(dim=(1, 2, 3))).abs().max()) <= 0.5 + 1e-5


@pytest.mark.parametrize("policy", [("color",), ("translation",), ("cutout",), ("color", "translation", "cutout")])
def test_gradients_flow_and_the_same_place_gives_the_same_augmentation(policy):
    images = torch.randn(4, 3, 8, 8, requires_grad=True)
    augment = DiffAugment(policy=policy)
    first, again, other = augment(images, RANDOM), augment(images, RANDOM), augment(images, RANDOM.at(1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    first.sum().backward()
    assert images.grad.abs().sum() > 0
