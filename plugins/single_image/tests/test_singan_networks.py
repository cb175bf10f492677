"""SinGAN's pyramid of sizes, and what its networks see, make and keep."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from gan_lightning_single_image.patches import ScaleDiscriminator, ScaleGenerator, patch_convolutions
from gan_lightning_single_image.singan import SinGANDiscriminator, SinGANGenerator
from gan_lightning_single_image.sizes import pyramid, resized

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

PAPER = DataSpec((3, 250, 250))


def count(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("width", "generator", "discriminator"),
    [(32, 29_763, 29_185), (64, 114_819, 113_665), (128, 450_819, 448_513)],
)
def test_published_parameter_counts(width, generator, discriminator):
    with torch.device("meta"):
        makes = SinGANGenerator(PAPER, 0).scales[{32: 0, 64: 4, 128: 8}[width]]
        judges = SinGANDiscriminator(PAPER, 0).scales[{32: 3, 64: 7, 128: 10}[width]]
    assert (count(makes), count(judges)) == (generator, discriminator)


def test_widths_double_every_fourth_scale_and_stop_at_128():
    with torch.device("meta"):
        network = SinGANGenerator(DataSpec((3, 400, 400)), 0, channels=32)
    assert network.widths[:9] == [32] * 4 + [64] * 4 + [128]
    assert set(network.widths[8:]) == {128}


def test_the_papers_sizes():
    sizes = pyramid(PAPER)
    assert len(sizes) == 11
    assert sizes[0] == (25, 25)
    assert sizes[-1] == (250, 250)
    ratios = [small[0] / large[0] for small, large in pairwise(sizes)]
    assert all(ratio == pytest.approx(0.1**0.1, abs=0.03) for ratio in ratios)


def test_other_spacings_and_edges_of_pyramids():
    late = pyramid(PAPER, scales=6, spacing="late")
    assert len(late) == 6
    assert [late[0], late[-1]] == [(25, 25), (250, 250)]
    steps = [large[0] / small[0] for small, large in pairwise(late)]
    assert steps[:-1] == sorted(steps[:-1]), "sizes are dense where they are small"
    assert pyramid(DataSpec((3, 20, 30))) == ((20, 30),)
    assert pyramid(PAPER, scales=1) == ((250, 250),)
    assert pyramid(PAPER, scales=2, spacing="late") == ((25, 25), (250, 250))
    for wrong in ({"smallest": 10}, {"ratio": 1.0}, {"scales": 0}):
        with pytest.raises(UserError, match=next(iter(wrong))):
            pyramid(PAPER, **wrong)
    with pytest.raises(UnsupportedShapeError, match="sides are 11 or more"):
        pyramid(DataSpec((3, 10, 30)))


def test_images_become_smaller_without_aliasing():
    stripes = torch.ones(1, 1, 64, 64)
    stripes[:, :, ::2] = -1
    assert resized(stripes, (16, 16))[:, :, 2:-2].abs().max() < 0.1
    assert resized(stripes, (64, 64)) is stripes


def test_patches_are_eleven_pixels_wide():
    network = patch_convolutions(1, 4, 1, normalize=False)
    seen = torch.zeros(1, 1, 31, 31, requires_grad=True)
    network(seen)[0, 0, 10, 10].backward()
    rows, columns = seen.grad[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 20, 10, 20)


def test_the_generator_pads_its_input_and_no_layer_pads():
    network = ScaleGenerator(3, 4, normalize=False, noise_padding=False)
    assert all(layer.padding == (0, 0) for layer in network.modules() if isinstance(layer, torch.nn.Conv2d))
    for layer in network.body:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.constant_(layer.bias, 0.3)
    made = network(torch.zeros(1, 1, 12, 14), torch.zeros(1, 3, 12, 14))
    assert made.shape == (1, 3, 12, 14)
    flat = made.flatten(2).std(2).max()
    assert flat < 1e-6, "layers that pad with zeros would show the border where biases are not 0"
    assert ScaleDiscriminator(3, 4, normalize=True)(torch.zeros(1, 3, 12, 14)).logits.shape == (1, 1, 2, 4)


def test_noise_at_the_coarsest_scale_is_one_channel_for_all():
    network = SinGANGenerator(DataSpec((3, 16, 24)), 0, channels=4, smallest=12)
    assert network.shapes == [(1, 12, 18), (3, 14, 21), (3, 16, 24)]
    padded = SinGANGenerator(DataSpec((3, 16, 24)), 0, channels=4, smallest=12, noise_padding=True)
    assert padded.shapes[0] == (1, 22, 28)
    assert padded.eval()(torch.randn(2, *padded.latent_shape)).shape == (2, 3, 16, 24)
    border = torch.zeros(1, 3, 26, 34)
    border[:, :, :5] = 3.0
    last = padded.scales[-1]
    below = torch.rand(1, 3, 16, 24)
    assert not torch.equal(last(border, below), last(torch.zeros_like(border), below)), "noise in the padding is seen"


def test_detail_is_added_to_the_image_below():
    network = SinGANGenerator(DataSpec((3, 16, 24)), 0, channels=4, smallest=12).eval()
    below = torch.rand(1, 3, 12, 18)
    for weight in network.scales[1].body[-1].parameters():
        torch.nn.init.zeros_(weight)
    made = network.refine([torch.randn(1, *network.shapes[1])], below, first=1)
    torch.testing.assert_close(made, resized(below, network.sizes[1]))


def test_scales_that_are_not_trained_stay_in_evaluation_mode():
    network = SinGANGenerator(DataSpec((3, 16, 24)), 0, channels=4, smallest=12)
    network.attend(range(1, 2))
    for mode in (True, False, True):
        network.train(mode)
        assert [scale.training for scale in network.scales[:3]] == [False, mode, False]
        assert [scale.body[1].training for scale in network.scales[:3]] == [False, mode, False]


def test_samples_do_not_depend_on_how_many_are_made_at_once():
    network = SinGANGenerator(DataSpec((3, 16, 24)), 0, channels=4, smallest=12).eval()
    latents = torch.randn(11, *network.latent_shape)
    torch.testing.assert_close(network(latents)[9:], network(latents[9:]))


def test_classes_are_refused():
    with pytest.raises(UserError, match=r"takes no classes; set game\.conditional to false"):
        SinGANGenerator(PAPER, 3)
