"""ADA's colours, filter and corruptions against closed forms."""

from __future__ import annotations

import colorsys
import math

import pytest
import torch
from critics import numbers
from gan_lightning_losses.augmentations.color import COLOR, recolor
from gan_lightning_losses.augmentations.corruption import add_noise, cut_out
from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.filtering import amplify, filtered
from gan_lightning_losses.augmentations.wavelets import octaves

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness

RANDOM = Randomness(0).at("test")
COUNT = 2000


def drawn(*names, count=COUNT, p=1.0):
    return Drawn(count, torch.tensor(p), dict.fromkeys(names, 1.0), RANDOM)


def pixels(red, green, blue, count=COUNT):
    return torch.tensor([red, green, blue])[None, :, None, None].repeat(count, 1, 1, 1)


def recolored(name, *color, count=COUNT, p=1.0):
    return recolor(pixels(*color, count=count), drawn(name, count=count, p=p)).flatten(1)


def test_brightness_adds_the_same_to_all():
    change = recolored("brightness", 0.1, 0.2, 0.3) - torch.tensor([0.1, 0.2, 0.3])
    assert torch.allclose(change, change[:, :1].expand(-1, 3), atol=1e-6)
    assert float(change.std()) == pytest.approx(0.2, rel=0.05)


def test_contrast_multiplies_all_alike():
    factors = recolored("contrast", 0.1, 0.2, 0.4) / torch.tensor([0.1, 0.2, 0.4])
    assert torch.allclose(factors, factors[:, :1].expand(-1, 3), rtol=1e-5)
    assert float(factors.log2().std()) == pytest.approx(0.5, rel=0.05)


def test_luma_flip_negates_the_mean_of_half_and_keeps_the_rest():
    made = recolored("luma_flip", 0.1, 0.2, 0.6)
    means = made.mean(1)
    assert torch.allclose(made - means[:, None], torch.tensor([-0.2, -0.1, 0.3]), atol=1e-6)
    assert torch.allclose(means.abs(), torch.full((COUNT,), 0.3), atol=1e-6)
    assert float((means < 0).float().mean()) == pytest.approx(0.5, abs=0.04)


def test_hue_turns_about_gray():
    made = recolored("hue", 0.5, -0.1, 0.2)
    assert torch.allclose(made.mean(1), torch.full((COUNT,), 0.2), atol=1e-6)
    assert torch.allclose(made.norm(dim=1), torch.full((COUNT,), math.sqrt(0.3)), atol=1e-5)
    hues = torch.tensor([colorsys.rgb_to_hsv(*((color + 1) / 2).tolist())[0] for color in made])
    assert torch.histc(hues, 6, 0.0, 1.0).min() > COUNT / 6 * 0.6


def test_a_third_of_a_turn_of_hue_permutes_the_channels():
    third = Drawn(1, torch.tensor(1.0), {"hue": 1.0}, RANDOM)
    third.symmetric = lambda name: torch.tensor([[2 / 3]])
    made = recolor(pixels(0.1, 0.2, 0.3, count=1), third).flatten()
    assert made.tolist() == pytest.approx([0.3, 0.1, 0.2], abs=1e-6) or made.tolist() == pytest.approx([0.2, 0.3, 0.1])


def test_saturation_scales_the_distance_from_gray():
    made = recolored("saturation", 0.1, 0.2, 0.6)
    factors = (made - 0.3) / torch.tensor([-0.2, -0.1, 0.3])
    assert torch.allclose(factors, factors[:, :1].expand(-1, 3), rtol=1e-3, atol=1e-5)
    assert torch.allclose(made.mean(1), torch.full((COUNT,), 0.3), atol=1e-5)
    assert float(factors[:, 2].log2().std()) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("name", COLOR)
def test_each_color_transform_has_the_probability(name):
    changed = (recolored(name, 0.1, 0.2, 0.6, p=0.3) != torch.tensor([0.1, 0.2, 0.6])).any(1)
    share = 0.15 if name == "luma_flip" else 0.3
    assert float(changed.float().mean()) == pytest.approx(share, abs=0.035)


def test_gray_is_three_equal_channels():
    gray = numbers(8, 1, 3, 4)
    one, three = (recolor(images, drawn(*COLOR, count=8)) for images in (gray, gray.expand(8, 3, 3, 4)))
    assert torch.allclose(one, three.mean(1, keepdim=True), atol=1e-5)
    assert torch.equal(recolor(gray, drawn("hue", "saturation", count=8)).isfinite().all(), torch.tensor(True))


def test_other_channels_have_no_colors():
    with pytest.raises(UserError, match="colours are of 1 or 3 channels, and the data have 4"):
        recolor(numbers(2, 4, 3, 3), drawn("hue", count=2))


def test_bands_share_out_the_spectrum():
    bands = octaves()
    assert bands.shape == (4, 43)
    whole = bands.sum(0)
    assert float(whole[21]) == pytest.approx(1.0, abs=1e-12)
    assert float(whole.abs().sum()) == pytest.approx(1.0, abs=1e-12)
    assert torch.allclose(bands, bands.flip(1))
    for band, frequency in enumerate((0.03, 0.18, 0.36, 0.9)):
        angles = torch.arange(-21, 22).double() * frequency * math.pi
        response = (bands * angles.cos()).sum(1)
        assert int(response.argmax()) == band
        assert float(response[band]) > 0.7


def test_gains_of_one_change_nothing_and_a_gain_of_the_lowest_scales_the_level():
    images = numbers(2, 3, 8, 5)
    assert torch.allclose(filtered(images, torch.ones(2, 4)), images, atol=1e-5)
    level = filtered(torch.ones(1, 1, 8, 5), torch.tensor([[1.5, 9.0, 9.0, 9.0]]))
    assert torch.allclose(level, torch.full((1, 1, 8, 5), 2.25), atol=1e-4), "by rows and by columns"


def test_amplification_keeps_the_expected_power():
    """sum(power * gain^2) is 1 whatever a single band's gain is; applied to none with p = 0."""
    gains = []
    one = Drawn(64, torch.tensor(1.0), {"filter": 1.0}, RANDOM)
    normal = one.normal
    one.normal = lambda name, use="": normal(name, use=use) if use == " 2" else torch.zeros(64, 1)
    from gan_lightning_losses.augmentations import filtering

    gains = filtering._gains(one)
    assert torch.allclose((gains.square() * torch.tensor([10, 1, 1, 1]) / 13).sum(1), torch.ones(64), atol=1e-5)
    assert torch.allclose(gains[:, 0], gains[:, 3])
    ratio = (gains[:, 2] / gains[:, 0]).log2()
    assert float(ratio.std()) == pytest.approx(1.0, rel=0.3)


def test_filtering_touches_an_image_with_the_probability_of_any_band():
    images = numbers(COUNT, 1, 4, 4)
    touched = (amplify(images, drawn("filter", p=0.2)) != images).flatten(1).any(1)
    assert float(touched.float().mean()) == pytest.approx(1 - 0.8**4, abs=0.035)


def test_noise_has_a_deviation_of_its_own_for_each_image():
    noise = add_noise(torch.zeros(COUNT, 3, 8, 8), drawn("noise"))
    deviations = noise.flatten(1).std(1)
    assert float(deviations.square().mean().sqrt()) == pytest.approx(0.1, rel=0.06)
    assert float(deviations.mean()) == pytest.approx(0.1 * math.sqrt(2 / math.pi), rel=0.06)
    assert float((add_noise(torch.zeros(COUNT, 1, 2, 2), drawn("noise", p=0.3)) != 0).float().mean()) == pytest.approx(
        0.3, abs=0.035
    )


def test_cutout_is_half_of_each_side_and_is_cut_off_at_edges():
    images = torch.ones(COUNT, 2, 8, 12)
    gone = cut_out(images, drawn("cutout")) == 0
    rows, columns = gone[:, 0].any(2).sum(1), gone[:, 0].any(1).sum(1)
    assert (int(rows.min()), int(rows.max())) == (2, 4)
    assert (int(columns.min()), int(columns.max())) == (3, 6)
    assert torch.equal(gone[:, 0].sum((1, 2)), rows * columns)
    assert torch.equal(gone[:, 0], gone[:, 1])
    untouched = (cut_out(images, drawn("cutout", p=0.3)) == 1).flatten(1).all(1)
    assert float(untouched.float().mean()) == pytest.approx(0.7, abs=0.035)
