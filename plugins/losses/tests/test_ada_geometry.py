"""ADA's geometry: what moves whole pixels is exact, what resamples is close, and gradients are those of the map."""

from __future__ import annotations

import math

import pytest
import torch
from critics import numbers
from gan_lightning_losses.augmentations.drawn import Drawn
from gan_lightning_losses.augmentations.geometry import GENERAL, WHOLE, transform
from gan_lightning_losses.augmentations.sides import lowering, mirrored, period, raising
from gan_lightning_losses.augmentations.warp import copied, warped
from gan_lightning_losses.augmentations.wavelets import SYM2, SYM6

from gan_lightning.randomness import Randomness

RANDOM = Randomness(0).at("test")


def drawn(*names, count=4, p=1.0, random=RANDOM):
    return Drawn(count, torch.tensor(p), dict.fromkeys(names, 1.0), random)


def inverse(a=1.0, b=0.0, c=0.0, d=0.0, e=1.0, f=0.0, count=1):
    return torch.tensor([[a, b, c], [d, e, f], [0.0, 0.0, 1.0]]).expand(count, 3, 3)


def turn(angle):
    return inverse(math.cos(angle), -math.sin(angle), 0.0, math.sin(angle), math.cos(angle))


def smooth(height, width):
    """A picture of low frequencies, one a channel, with level edges."""
    y = torch.linspace(0, math.pi, height)[:, None]
    x = torch.linspace(0, math.pi, width)[None]
    return torch.stack([y.cos() * x.cos(), y.cos() + x.cos() * 0.0, (2 * x).cos() + y * 0.0])[None]


@pytest.mark.parametrize("taps", [SYM2, SYM6])
def test_wavelets_are_orthogonal_with_all_the_moments_that_fit(taps):
    taps = torch.tensor(taps, dtype=torch.double)
    assert float(taps.sum()) == pytest.approx(math.sqrt(2.0))
    for shift in range(0, len(taps), 2):
        assert float((taps[shift:] * taps[: len(taps) - shift]).sum()) == pytest.approx(float(shift == 0), abs=1e-9)
    places = torch.arange(len(taps), dtype=torch.double) - len(taps) / 2
    high = taps * (-1.0) ** torch.arange(len(taps))
    for order in range(len(taps) // 2):
        assert float((high * places**order).sum()) == pytest.approx(0.0, abs=1e-6 * 6.0**order)


@pytest.mark.parametrize("size", [1, 2, 7, 9, 32])
def test_raising_is_undone_by_lowering(size):
    up, down = (make(size, torch.double, torch.device("cpu")) for make in (raising, lowering))
    lines = torch.arange(2 * size + 10) % (2 * period(size))
    assert torch.allclose(down @ up[lines], torch.eye(size).double(), atol=1e-9)
    assert torch.allclose(up.sum(1), torch.ones(len(up)).double(), atol=1e-9), "a level stays what it is"


def test_mirrored_lines_do_not_double_the_edge():
    assert mirrored(torch.arange(-4, 8), 4).tolist() == [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]
    assert mirrored(torch.arange(-2, 3), 1).tolist() == [0] * 5


@pytest.mark.parametrize("size", [(8, 8), (6, 10), (5, 8)])
def test_flips_and_shifts_copy_pixels(size):
    images = numbers(1, 3, *size)
    assert torch.equal(copied(images, inverse()), images)
    assert torch.equal(copied(images, inverse(a=-1.0)), images.flip(3))
    shifted = copied(images, inverse(c=-2.0, f=1.0))
    assert torch.equal(shifted[..., :-1, 2:], images[..., 1:, :-2])
    assert torch.equal(shifted[..., :-1, :2], images[..., 1:, 1:3].flip(3)), "the edge is mirrored"


@pytest.mark.parametrize("quarters", range(4))
def test_quarter_turns_copy_pixels(quarters):
    images = numbers(2, 1, 9, 9)
    made = copied(images, turn(quarters * math.pi / 2).expand(2, 3, 3))
    assert torch.equal(made, images.rot90(quarters, (2, 3)))


def test_turned_images_whose_sides_differ_keep_their_middle():
    images = numbers(1, 1, 6, 10)
    made = copied(images, turn(math.pi / 2))
    assert torch.equal(made[..., 2:8], images[..., 2:8].rot90(1, (2, 3)))
    assert not bool((copied(images[..., :9], turn(math.pi / 2)).diff(dim=2) == 0).any()), "no line is doubled"


@pytest.mark.parametrize("size", [(16, 16), (12, 20), (7, 16), (1, 5)])
def test_resampling_by_nothing_or_by_whole_pixels_is_exact(size):
    images = numbers(2, 3, *size)
    assert torch.allclose(warped(images, inverse(count=2)), images, atol=1e-5)
    by = inverse(c=-3.0, f=2.0, count=2)
    assert torch.allclose(warped(images, by), copied(images, by), atol=1e-4)


def test_places_far_beyond_the_edges_are_mirrored_again_and_again():
    images = numbers(1, 1, 6, 8)
    by = inverse(c=-37.0, f=53.0)
    assert torch.allclose(warped(images, by), copied(images, by), atol=1e-4)


def test_a_shift_by_a_part_of_a_pixel_is_that_of_the_function():
    width = 24
    places = torch.arange(width) * (2 * math.pi / (2 * width - 2))  # its mirror image is its continuation
    shifted = warped(places.cos().expand(1, 1, 4, width), inverse(c=0.3))
    wanted = (places + 0.3 * (2 * math.pi / (2 * width - 2))).cos().expand(1, 1, 4, width)
    assert torch.allclose(shifted, wanted, atol=2e-3)


def test_a_turn_and_the_turn_back_are_close_to_nothing():
    images = smooth(32, 32)
    there = warped(images, turn(0.4))
    assert float((there - images).abs().max()) > 0.3
    assert torch.allclose(warped(there, turn(-0.4))[..., 8:24, 8:24], images[..., 8:24, 8:24], atol=5e-3)


def test_a_steep_turn_of_stripes_has_the_wavelength_that_it_should():
    """cos(k (x cos t - y sin t)) at the middle, where no edge is seen."""
    places = torch.arange(33) - 16.0
    stripes = (places * 0.8).cos().expand(1, 1, 33, 33)
    made = warped(stripes, turn(0.7))[0, 0, 12:21, 12:21]
    x, y = places[None, 12:21], places[12:21, None]
    assert torch.allclose(made, (0.8 * (x * math.cos(0.7) - y * math.sin(0.7))).cos(), atol=0.06)


def test_gradients_of_any_order_are_those_of_the_map():
    images = numbers(2, 1, 4, 5).double().requires_grad_()
    by = inverse(0.9, -0.4, 0.3, 0.5, 1.1, -0.7, count=2).double()
    for made in (warped, copied):
        assert torch.autograd.gradcheck(lambda given, made=made: made(given, by), images)
        assert torch.autograd.gradgradcheck(lambda given, made=made: made(given, by).pow(3), images)


def test_only_images_that_need_it_are_resampled():
    names = [name for name, _ in (*WHOLE, *GENERAL)]
    images = numbers(64, 1, 8, 8)
    made = transform(images, drawn(*names, count=64, p=0.1))
    exact = torch.stack([torch.isin(one, other).all() for one, other in zip(made, images, strict=True)])
    assert 5 < int(exact.sum()) < 60
    untouched = [torch.equal(one, other) for one, other in zip(made, images, strict=True)]
    assert 5 < sum(untouched) < int(exact.sum())


def steps(name, use=0, p=1.0, count=4000, size=(16, 32)):
    """Return the matrices of a transform ``[N, 3, 3]``."""
    found = [step for known, step in (*WHOLE, *GENERAL) if known == name]
    return found[use](drawn(name, count=count, p=p), size)


def test_strengths_of_whole_moves():
    flips, counts = steps("x_flip")[:, 0, 0].unique(return_counts=True)
    assert flips.tolist() == [-1.0, 1.0]
    assert counts.tolist() == pytest.approx([2000, 2000], abs=150)
    turns, counts = steps("rotate_90")[:, :2, 0].unique(dim=0, return_counts=True)
    assert len(turns) == 4
    assert counts.tolist() == pytest.approx([1000] * 4, abs=130)
    shifts = steps("integer_translation")[:, :2, 2]
    assert torch.equal(shifts, shifts.round())
    assert shifts.amax(0).tolist() == [4.0, 2.0]
    assert shifts.amin(0).tolist() == [-4.0, -2.0]


def test_strengths_of_general_moves():
    iso, aniso = steps("isotropic_scale"), steps("anisotropic_scale")
    assert torch.equal(iso[:, 0, 0], iso[:, 1, 1])
    assert torch.allclose(aniso[:, 0, 0] * aniso[:, 1, 1], torch.ones(4000))
    for scale in (iso, aniso):
        octaves = scale[:, 0, 0].log2()
        assert float(octaves.std()) == pytest.approx(0.2, rel=0.05)
        assert float(octaves.mean()) == pytest.approx(0.0, abs=0.015)
    shifts = steps("fractional_translation")[:, :2, 2] / torch.tensor([32.0, 16.0])
    assert shifts.std(0).tolist() == pytest.approx([0.125, 0.125], rel=0.05)
    angles = torch.atan2(steps("rotation")[:, 1, 0], steps("rotation")[:, 0, 0])
    assert torch.histc(angles, 8, -math.pi, math.pi).tolist() == pytest.approx([500] * 8, abs=90)


def test_the_two_rotations_share_the_probability():
    before, after = ((steps("rotation", use, p=0.5)[:, 0, 1] != 0) for use in range(2))
    each = 1 - math.sqrt(0.5)
    assert [float(used.float().mean()) for used in (before, after)] == pytest.approx([each, each], abs=0.03)
    assert float((before | after).float().mean()) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", ["integer_translation", "isotropic_scale", "fractional_translation"])
def test_each_transform_has_the_probability(name):
    eye = torch.eye(3)
    touched = (steps(name, p=0.3, size=(4096, 4096)) != eye).flatten(1).any(1)
    assert float(touched.float().mean()) == pytest.approx(0.3, abs=0.03)
