"""Similarities, the warp, and colours."""

import math

import pytest
import torch
from gan_lightning_faces.colours import match_colours
from gan_lightning_faces.similarity import inverted, moved, pixel_centres, similarity
from gan_lightning_faces.warp import Warp

from gan_lightning.randomness import Randomness


def known(angle, scale, shift):
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    return torch.tensor([[[cosine, -sine, shift[0]], [sine, cosine, shift[1]]]])


@pytest.mark.parametrize(
    ("angle", "scale", "shift"), [(0.0, 1.0, (0.0, 0.0)), (2.5, 0.3, (4.0, -1.0)), (-0.4, 7.0, (0.1, 9.0))]
)
def test_a_similarity_is_found_again_from_what_it_moves(angle, scale, shift):
    points = torch.randn(1, 5, 2)
    wanted = known(angle, scale, shift)
    found = similarity(points, moved(wanted, points))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(moved(inverted(found), moved(found, points)), points, atol=1e-5, rtol=1e-4)


def test_it_is_umeyamas_estimate_and_mirrors_nothing():
    points, wanted = torch.randn(6, 8, 2).double(), torch.randn(6, 8, 2).double()
    wanted[3:] = points[3:] * torch.tensor([-1.0, 1.0])  # best fitted by a reflection, which is none of these
    for x, y, found in zip(points, wanted, similarity(points, wanted), strict=True):
        a, b = x - x.mean(0), y - y.mean(0)
        u, d, vh = torch.linalg.svd(b.T @ a / len(x))
        sign = torch.tensor([1.0, torch.linalg.det(u @ vh).sign().item()]).double()
        turned = u @ sign.diag() @ vh
        scale = (d * sign).sum() / a.square().sum() * len(x)
        torch.testing.assert_close(found[:, :2], scale * turned)
        torch.testing.assert_close(found[:, 2], y.mean(0) - scale * turned @ x.mean(0))
        assert torch.linalg.det(found[:, :2]) > 0


def waves(count=3, side=32):
    """Return smooth images, in which places can be told apart."""
    x, y = pixel_centres(side, side).unbind(2)
    return torch.stack([torch.sin((2 + n) * x + n) * torch.cos(3 * y - n) for n in range(count)])[:, None]


def test_without_strength_nothing_is_moved():
    images = waves()
    warped, straight = Warp(strength=0.0, jitter=0.0, least=1.0, mirror=False)(images, Randomness(0))
    torch.testing.assert_close(warped, images, atol=1e-5, rtol=0)
    torch.testing.assert_close(straight, images, atol=1e-5, rtol=0)


def test_without_strength_the_target_has_the_same_pose():
    images = waves()
    warped, straight = Warp(strength=0.0)(images, Randomness(1))
    torch.testing.assert_close(warped, straight, atol=1e-4, rtol=0)
    assert (warped - images).abs().mean() > 0.02


def test_the_target_is_the_image_under_a_similarity_near_to_the_warp():
    images = waves(64)
    warped, straight = Warp(jitter=0.0, mirror=False)(images, Randomness(0))
    _, unaligned = Warp(strength=0.0, jitter=0.0, mirror=False)(images, Randomness(0))
    near, far = ((warped - other).abs().mean() for other in (straight, unaligned))
    assert 0.01 < near < far, "the aligned image is nearer to the warped one than the image in its old place"
    assert (straight - unaligned).abs().mean() > 0.01


def test_a_face_is_warped_within_the_published_bounds():
    side = 64
    where = pixel_centres(side, side).permute(2, 0, 1)[None].expand(200, -1, -1, -1)  # an image of its own places
    warped, straight = Warp(jitter=0.0, mirror=False)(where, Randomness(0))
    inside = straight[:, :, 16:48, 16:48] - warped[:, :, 16:48, 16:48]
    assert 0.02 < inside.std() < 5.6 / 97
    reach = straight[:, 0, 32, -1] - straight[:, 0, 32, 0]
    assert 1.5 < reach.min() < 1.75
    assert 1.9 < reach.max() < 2.1


def test_half_of_the_faces_are_mirrored():
    images = pixel_centres(16, 16)[..., 0].expand(400, 1, -1, -1)
    warped, _ = Warp(strength=0.0, jitter=0.0, least=1.0)(images, Randomness(0))
    mirrored = (warped[:, 0, 8, 0] > 0).float().mean()
    assert 0.4 < mirrored < 0.6


def test_a_warp_is_a_function_of_its_stream_and_of_each_process_share():
    images = waves(4)
    whole, again = Warp()(images, Randomness(3)), Warp()(images, Randomness(3))
    assert torch.equal(whole[0], again[0])
    halves = [Warp()(images[2 * rank : 2 * rank + 2], Randomness(3, rank, 2)) for rank in range(2)]
    for part in range(2):
        torch.testing.assert_close(torch.cat([half[part] for half in halves]), whole[part])


def test_colours_of_others_are_taken_on_by_as_many_as_asked_for():
    images, others = torch.rand(300, 3, 8, 8) - 1, torch.rand(300, 3, 8, 8) * 0.2 + 0.6
    lit = match_colours(images, others, Randomness(0), 0.5)
    changed = (lit - images).abs().flatten(1).amax(1) > 1e-5
    assert 0.4 < changed.float().mean() < 0.6
    means = lit[changed].mean((1, 2, 3))
    assert means.min() < -0.4
    assert means.max() > 0.5
    assert match_colours(images, others, Randomness(0), 0.0) is images
    torch.testing.assert_close(match_colours(images, images, Randomness(0), 1.0), images)
