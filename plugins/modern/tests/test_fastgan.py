import pytest
import torch
from gan_lightning_modern.fastgan import FastGAN
from gan_lightning_modern.fastgan_discriminator import _error, _quarter
from gan_lightning_modern.gated import FirstMap, Noise, SkipExcitation
from gan_lightning_modern.projected_gan import ProjectedGAN
from torch import nn
from torch.nn.functional import conv_transpose2d

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import SpectralNorm


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(role, shape, classes=0, **options):
    return FastGAN.roles[role](DataSpec(shape), classes, **options)


def on_meta(role, shape, architecture=FastGAN, **options):
    with torch.device("meta"):
        return architecture.roles[role](DataSpec(shape), 0, **options)


def skips(network):
    """Return the channels that each skip reads and scales."""
    layers = [layer for layer in network.modules() if isinstance(layer, SkipExcitation)]
    return [(layer.gate[1].in_channels, layer.gate[1].out_channels) for layer in layers]


def test_the_generator_of_projected_gan_has_the_published_parameter_count():
    network = on_meta("generator", (3, 256, 256), ProjectedGAN)
    assert sum(weight.numel() for weight in network.parameters()) == 105_684_175


@pytest.mark.parametrize(
    ("side", "wanted"),
    [
        (256, [(2048, 256), (1024, 128), (512, 64)]),
        (512, [(2048, 256), (1024, 128), (512, 64), (256, 32)]),
        (1024, [(2048, 256), (1024, 128), (512, 64), (256, 32)]),
        (64, [(2048, 256), (1024, 256)]),
        (32, [(2048, 512), (1024, 256)]),
    ],
)
def test_small_maps_scale_the_channels_of_large_ones(side, wanted):
    assert skips(on_meta("generator", (3, side, side))) == wanted


@pytest.mark.parametrize(
    ("side", "wanted"), [(256, [(16, 128), (32, 256), (64, 512)]), (64, [(64, 512)]), (32, [(128, 512)])]
)
def test_the_discriminator_has_skips_over_three_halvings(side, wanted):
    assert skips(on_meta("discriminator", (3, side, side))) == wanted


def test_a_skip_scales_by_numbers_between_0_and_1_that_depend_on_its_source():
    skip = SkipExcitation(3, 5).eval()
    target = torch.ones(2, 5, 16, 16)
    scaled = skip(torch.randn(2, 3, 7, 9), target)
    assert scaled.shape == target.shape
    assert torch.equal(scaled, scaled[:, :, :1, :1].expand_as(scaled))
    assert 0 < scaled.min() < scaled.max() < 1
    assert not torch.allclose(scaled[0], scaled[1])


def test_the_first_map_is_the_transposed_convolution():
    layer = FirstMap(6, 4, (3, 5)).eval()
    latents = torch.randn(2, 6)
    weight = layer.normalized_weight().transpose(0, 1)
    assert torch.allclose(layer(latents), conv_transpose2d(latents[:, :, None, None], weight), atol=1e-6)


def test_noise_is_one_map_a_sample_and_begins_at_nothing():
    layer, x = Noise(), torch.randn(2, 3, 4, 4)
    assert torch.equal(layer(x), x)
    nn.init.ones_(layer.strength)
    noise = layer(x) - x
    assert torch.allclose(noise[:, 0], noise[:, 2], atol=1e-6)
    assert not torch.allclose(noise[0], noise[1])


def test_every_convolution_is_spectrally_normalised():
    for role in FastGAN.roles:
        layers = [layer for layer in build(role, (3, 32, 32), 3, channels=4).modules() if isinstance(layer, nn.Conv2d)]
        assert layers
        assert all(isinstance(layer, SpectralNorm) for layer in layers)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 64, 64), (2, 24, 40), (1, 16, 16), (1, 48, 96)])
@pytest.mark.parametrize("classes", [0, 3])
def test_images_and_patches_have_their_shapes(shape, classes):
    generator, discriminator = (build(role, shape, classes, channels=2) for role in ("generator", "discriminator"))
    labels = torch.tensor([0, 1, 2]) if classes else None
    images = generator(torch.randn(3, 256), labels)
    critique = discriminator(images, labels)
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    assert critique.logits.shape[:2] == (3, 2)
    assert critique.features.shape == (3, 16)
    assert critique.extras["reconstruction"].shape == (3,)


def test_patches_of_square_images_are_5x5_as_published():
    assert build("discriminator", (1, 64, 64), channels=2)(torch.randn(2, 1, 64, 64)).logits.shape == (2, 2, 5, 5)


def test_projected_gans_generator_has_no_tanh_and_normalises_latents():
    network = ProjectedGAN.roles["generator"](DataSpec((3, 32, 32)), 0, channels=2).eval()
    assert network.bounded is False
    nn.init.constant_(network.to_image.bias, 3.0)
    latents = torch.randn(2, 256)
    assert network(latents).max() > 1
    assert torch.allclose(network(latents), network(7 * latents), atol=1e-4)
    plain = build("generator", (3, 32, 32), channels=2).eval()
    assert not torch.allclose(plain(latents), plain(7 * latents), atol=1e-4)


def test_reconstructions_are_made_only_where_they_are_learnt_from():
    network, images = build("discriminator", (1, 32, 32), channels=2), torch.randn(2, 1, 32, 32)
    assert "reconstruction" in network(images).extras
    assert not network.eval()(images).extras
    assert not network.train().requires_grad_(False)(images).extras


def test_reconstructing_reaches_decoders_and_all_maps_they_read():
    network = build("discriminator", (1, 32, 32), channels=2)
    network(torch.randn(2, 1, 32, 32)).extras["reconstruction"].sum().backward()
    trained = {name.split(".")[0] for name, weight in network.named_parameters() if weight.grad is not None}
    assert trained == {"stem", "blocks", "tower", "decoders"}


def test_decoders_make_images_of_the_sizes_they_are_compared_at():
    network = build("discriminator", (3, 256, 256), channels=2)
    sizes = {"whole": (16, 8), "quarter": (8, 8), "small": (8, 8)}
    for name, (channels, side) in sizes.items():
        maps = torch.randn(1, channels, side, side)
        assert network.decoders[name](maps).shape == (1, 3, 128, 128)
    assert network.small_size == (128, 128)


def test_a_quarter_of_maps_is_that_of_the_image():
    image = torch.arange(64.0).view(1, 1, 8, 8)
    maps = image[:, :, ::2, ::2]
    corners = [_quarter(image, torch.tensor([place]))[0, 0, 0, 0].item() for place in range(4)]
    assert corners == [0, 4, 32, 36]
    assert corners == [_quarter(maps, torch.tensor([place]))[0, 0, 0, 0].item() for place in range(4)]


def test_the_error_is_that_of_the_shrunk_image():
    image = torch.randn(2, 3, 8, 8)
    shrunk = image.unflatten(2, (4, 2)).unflatten(4, (4, 2)).mean(dim=(3, 5))
    assert torch.allclose(_error(shrunk, image), torch.zeros(2), atol=1e-6)
    assert torch.allclose(_error(shrunk + 0.5, image), torch.full((2,), 0.5))


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(UnsupportedShapeError, match="nearest sizes are"):
        build("generator", (3, 30, 30))
    with pytest.raises(UnsupportedShapeError, match="sides must be 3 to 7 times 4 or more"):
        build("discriminator", (3, 8, 8))
